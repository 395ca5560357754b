"""Data with several targets: numbers and labels, from the file to the prepared arrays."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.config.data import Data, LabelList, Task
from pipeline.config.split import SplitMethod
from pipeline.data.card import DataCard
from pipeline.data.prepared import Meta, load_meta, load_split
from pipeline.data.preparing.equality import with_target
from pipeline.data.preparing.preparation import prepare
from tests.support.raw_sources import data_of, table, write_source
from tests.support.refusals import refusal

LOADS = [
    f"{n % 7},{n % 5},{1 + 3 * (n % 7) + n % 3},{1000 + 100 * (n % 5) + n % 4}" for n in range(40)
]
ANSWERS = ("no", "yes")
TOPICS = [f"{n % 7},{n % 5},{n % 2},{ANSWERS[n % 3 == 0]},{n % 4 == 1}" for n in range(40)]
NUMBERS = {"header": "a,b,heating,cooling", "rows": LOADS}
LABELS = {"header": "a,b,toxic,spam,insult", "rows": TOPICS}


def prepared(folder: Path, rows: list[str], header: str, **settings: Any) -> Meta:
    raw = folder / "raw/own"
    if not raw.exists():
        write_source(raw, train=table(rows, header))
    data = data_of(split={"test": 8, "validation": 8}, **settings)
    return prepare(data, raw_root=folder / "raw", root=folder / "prepared")


def of_numbers(folder: Path, **settings: Any) -> Meta:
    return prepared(folder, **NUMBERS, target=["heating", "cooling"], **settings)


def of_labels(folder: Path, rows: list[str] = TOPICS, **settings: Any) -> Meta:
    names = ["toxic", "spam", "insult"]
    header = LABELS["header"]
    return prepared(folder, rows, header, task=Task.multi_label, target=names, **settings)


def test_each_number_is_standardised_by_itself(tmp_path):
    meta = of_numbers(tmp_path)
    y = load_split(tmp_path / "prepared/own", "train").y
    assert (y.shape, y.dtype, meta.outputs) == ((24, 2), np.float32, 2)
    assert y.mean(axis=0) == pytest.approx([0, 0], abs=1e-6)
    assert y.std(axis=0) == pytest.approx([1, 1], abs=1e-6)


def test_decoded_numbers_are_those_of_the_file(tmp_path):
    meta = of_numbers(tmp_path, log_target=True, target_unit=10.0)
    split = load_split(tmp_path / "prepared/own", "test")
    lines = split.rows.read_text().splitlines()[1:]
    truth = np.array([[float(cell) for cell in line.split(",")[2:]] for line in lines])
    for number, target in enumerate(meta.targets):
        assert 10 * target.decoded(split.y[:, number]) == pytest.approx(truth[:, number], rel=1e-5)


def test_one_target_in_a_list_is_that_target(tmp_path):
    listed = prepared(tmp_path, **NUMBERS, target=["heating"], drop=["cooling"])
    alone = prepared(tmp_path, **NUMBERS, target="heating", drop=["cooling"])
    assert listed == alone
    assert load_split(tmp_path / "prepared/own", "train").y.shape == (24,)


def test_labels_encode_yes_as_1(tmp_path):
    meta = of_labels(tmp_path)
    split = load_split(tmp_path / "prepared/own", "test")
    lines = split.rows.read_text().splitlines()[1:]
    cells = [line.split(",")[2:] for line in lines]
    truth = [[cell in ("1", "yes", "True") for cell in row] for row in cells]
    assert (split.y.dtype, meta.outputs, meta.classes) == (np.int32, 3, None)
    assert split.y.tolist() == truth
    assert [one.levels for one in meta.targets] == [["0", "1"], ["no", "yes"], ["False", "True"]]


def test_facts_survive_the_file(tmp_path):
    meta = of_labels(tmp_path)
    assert load_meta(tmp_path / "prepared/own") == meta
    assert meta.several == ["toxic", "spam", "insult"]


def test_no_target_is_a_feature(tmp_path):
    assert of_labels(tmp_path / "labels").table.features == ["a", "b"]
    assert of_numbers(tmp_path / "numbers").table.features == ["a", "b"]


def test_card_names_all_targets(tmp_path):
    of_labels(tmp_path)
    card = DataCard.read(tmp_path / "prepared/own")
    assert card.targets == ["toxic", "spam", "insult"]
    assert [one.becomes for one in card.columns] == ["a", "b", *["a target"] * 3]
    assert "Targets: toxic, spam, insult." in card.markdown()


def test_rows_without_a_target_can_be_dropped(tmp_path):
    rows = ["1,2,,no,True", "2,2,0,,True", *TOPICS]
    message = refusal(of_labels, tmp_path, rows)
    assert "toxic: the target is missing in 1 of 42 rows" in message
    assert "spam: the target is missing in 1 of 42 rows" in message
    assert sum(of_labels(tmp_path, rows, drop_missing_target=True).rows.values()) == 40


def test_column_without_yes_and_no_names_its_setting(tmp_path):
    rows = [row.replace("no", "ham").replace("yes", "junk") for row in TOPICS]
    message = refusal(of_labels, tmp_path, rows)
    assert "data.spellings: {spam: {ham: no, junk: yes}}" in message
    meta = of_labels(tmp_path, rows, spellings={"spam": {"ham": "no", "junk": "yes"}})
    assert meta.targets[1].levels == ["no", "yes"]


def test_quantity_is_no_label(tmp_path):
    rows = [f"{row.rpartition(',')[0]},{n}" for n, row in enumerate(TOPICS)]
    assert "insult: it has 40 different values, such as" in refusal(of_labels, tmp_path, rows)


def test_label_that_no_training_row_has_is_remarked(tmp_path):
    rows = [f"{row.rpartition(',')[0]},{n == 39}" for n, row in enumerate(TOPICS)]
    meta = of_labels(tmp_path, rows)
    lacking = {split for split, by in meta.statistics["labels"].items() if by["insult"] == 0}
    words = {"train": "training", "validation": "validation", "test": "test"}
    assert len(lacking) == 2
    assert set(meta.remarks) >= {f"no {words[name]} row has the label insult" for name in lacking}


def test_leak_names_its_target(tmp_path):
    rows = [f"{n},{n % 3},{n % 3},{7 * n % 11},{2 * n}" for n in range(140)]
    write_source(tmp_path / "raw/own", train=table(rows, "row,b,c,heating,cooling"))
    data = data_of(target=["heating", "cooling"], numeric=["row", "b", "c"])
    remarks = prepare(data, raw_root=tmp_path / "raw", root=tmp_path).remarks
    assert any("row predicts the target cooling almost perfectly" in one for one in remarks)
    assert not any("heating" in one for one in remarks)


def test_copies_are_equal_in_all_targets():
    features = np.array([0, 0, 0, 3])
    targets = np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 2.0], [1.0, 2.0]])
    assert with_target(features, targets).tolist() == [0, 1, 0, 3]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"task": Task.classification},
            "data.task is invalid. Received: classification with 2 targets. Expected: multi_label "
            "for columns of yes and no, regression for numbers, or one target.",
        ),
        (
            {"target": ["a", "a"]},
            "data.target is invalid. Received: ['a', 'a']. Expected: each column once.",
        ),
        (
            {"target": [], "task": Task.regression},
            "data.target is invalid. Received: []. Expected: the name of a column, or a list of "
            "several names.",
        ),
        (
            {"task": Task.multi_label, "split": {"method": SplitMethod.stratified}},
            "data.split.method is invalid. Received: stratified. Expected: another method for "
            "task: multi_label, such as random.",
        ),
        (
            {"target": "a", "task": Task.multi_label, "label_lists": {"a": LabelList("|", ["x"])}},
            "data.label_lists.a.labels is invalid. Received: ['x']. Expected: each label once, and "
            "at least two of them, or none for those of the file.",
        ),
        (
            {"task": Task.multi_label, "log_target": True},
            "data.log_target is invalid. Received: true. Expected: task: regression.",
        ),
        (
            {"features": ["c", "b"]},
            "data.features is invalid. Received: b. Expected: features without the target.",
        ),
        (
            {"sample_weight": "b"},
            "data.sample_weight is invalid. Received: b. Expected: a column other than the target.",
        ),
    ],
)
def test_setting_that_does_not_suit_is_refused(settings, message):
    assert refusal(data_of, **{"target": ["a", "b"], **settings}) == message


def test_targets_of_a_variant_are_a_list():
    assert data_of(target="a").targets == ["a"]
    assert data_of(target=["a", "b"]).several == ["a", "b"]
    assert Data(name="own", task=Task.regression, target="").targets == []
