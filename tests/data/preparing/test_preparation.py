import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv
import pytest

from pipeline.config.data import Task
from pipeline.config.split import Duplicates, SplitMethod
from pipeline.data import encoded, tables
from pipeline.data.prepared import SPLITS, Meta, digest_of, load_meta, load_split
from pipeline.data.preparing.preparation import prepare
from tests.support.damage import flip_a_bit
from tests.support.metas import images
from tests.support.raw_sources import data_of, table, write_source
from tests.support.refusals import refusal

ROWS = [f"{i},{'red' if i % 2 else 'blue'},{3 * i}" for i in range(20)]
CLASSES = {"task": Task.classification}


def prepared(
    tmp_path: Path,
    rows: list[str],
    /,
    header: str = "a,b,y",
    test: list[str] | None = None,
    **settings: Any,
) -> Meta:
    """Prepares `tmp_path/own` from `tmp_path/raw/own`. The column `a` counts the rows."""
    if "features" not in settings and "a" not in (
        *settings.get("drop", []),
        *settings.get("ratios", {}),
    ):
        settings = {"numeric": ["a"]} | settings
    content = None if test is None else table(test, header)
    write_source(
        tmp_path / "raw/own", train=table(rows, header), test=content, columns=header.split(",")
    )
    return prepare(data_of(**settings), raw_root=tmp_path / "raw", root=tmp_path)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows_of(tmp_path: Path, split: str) -> list[list[str]]:
    with (tmp_path / "own" / split / "rows.csv").open(newline="") as file:
        return list(csv.reader(file))


def test_folder_holds_arrays_rows_and_facts(tmp_path):
    prepared(tmp_path, ROWS)
    files = [
        f"{split}/{name}"
        for split in ("test", "train", "validation")
        for name in ("rows.csv", "x.npy", "y.npy")
    ]
    assert list(bytes_of(tmp_path / "own")) == [
        "data_card.json",
        "data_card.md",
        "meta.json",
        *files,
    ]


def test_facts_are_read_as_written(tmp_path):
    assert prepared(tmp_path, ROWS) == load_meta(tmp_path / "own")


def test_numeric_features_come_before_levels(tmp_path):
    meta = prepared(tmp_path, ROWS)
    assert meta.table is not None
    assert meta.table.features == ["a", "b=blue", "b=red"]
    assert (meta.shape, meta.dtype) == ([3], "float32")


def test_every_row_is_in_one_split(tmp_path):
    meta = prepared(tmp_path, ROWS)
    assert meta.rows == {"train": 12, "validation": 4, "test": 4}
    assert sorted(int(row[0]) for split in SPLITS for row in rows_of(tmp_path, split)[1:]) == list(
        range(20)
    )


def test_rows_and_arrays_have_the_same_order(tmp_path):
    meta = prepared(tmp_path, ROWS)
    y = load_split(tmp_path / "own", "train").y * meta.targets[0].scale + meta.targets[0].mean
    assert [float(row[2]) for row in rows_of(tmp_path, "train")[1:]] == pytest.approx(
        y.tolist(), abs=1e-5
    )


def test_rows_include_dropped_columns(tmp_path):
    prepared(tmp_path, ROWS, drop=["b"])
    assert rows_of(tmp_path, "test")[0] == ["a", "b", "y"]


def test_second_preparation_writes_the_same_bytes(tmp_path):
    prepared(tmp_path / "1", ROWS)
    prepared(tmp_path / "2", ROWS)
    assert bytes_of(tmp_path / "1/own") == bytes_of(tmp_path / "2/own")


def mixed_row(i: int) -> str:
    number = "" if i % 9 == 0 else i % 7
    colour = "red" if i % 2 else " blue"
    return f"{number},{colour},202{i % 5}-03-{1 + i % 28:02d},{i}.5,{3 * i % 11}"


MIXED = list(map(mixed_row, range(60)))


@pytest.mark.parametrize("task", [Task.regression, Task.classification])
def test_large_table_is_prepared_to_the_same_bytes(tmp_path, monkeypatch, task):
    settings = {"header": "a,b,day,c,y", "ratios": {"share": ["c", "a"]}, "task": task}
    prepared(tmp_path / "in memory", MIXED, test=MIXED[:7], **settings)
    monkeypatch.setattr(tables, "_IN_MEMORY", 0)
    monkeypatch.setattr(tables, "_STREAMED_BLOCK", 1)
    prepared(tmp_path / "on disk", MIXED, test=MIXED[:7], **settings)
    assert bytes_of(tmp_path / "on disk/own") == bytes_of(tmp_path / "in memory/own")


@pytest.mark.parametrize("limit", [0, 1 << 26], ids=["on disk", "in memory"])
def test_file_is_parsed_once(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(tables, "_IN_MEMORY", limit)
    parses = []
    for name in ("read_csv", "open_csv"):
        parse = getattr(pyarrow.csv, name)
        monkeypatch.setattr(
            pyarrow.csv,
            name,
            lambda *args, parse=parse, **options: parses.append(args) or parse(*args, **options),
        )
    prepared(tmp_path, ROWS)
    assert len(parses) == 1


def test_statistics_come_from_training_rows_only(tmp_path):
    meta = prepared(tmp_path / "1", ROWS)
    changed = [
        int(row[0])
        for split in ("validation", "test")
        for row in rows_of(tmp_path / "1", split)[1:]
    ]
    rows = [f"{row}00,green,{row}00" if row in changed else text for row, text in enumerate(ROWS)]
    other = prepared(tmp_path / "2", rows)
    assert (other.table, other.targets, other.digests["train"]) == (
        meta.table,
        meta.targets,
        meta.digests["train"],
    )
    assert other.digests["test"] != meta.digests["test"]


def test_training_features_have_mean_0_and_deviation_1(tmp_path):
    prepared(tmp_path, ROWS)
    x = load_split(tmp_path / "own", "train").x
    assert (x[:, 0].mean(), x[:, 0].std()) == pytest.approx((0, 1), abs=1e-6)


def test_digests_match_the_arrays(tmp_path):
    meta = prepared(tmp_path, ROWS)
    split = load_split(tmp_path / "own", "validation")
    assert meta.digests["validation"] == digest_of(split.x, split.y)


def test_facts_include_digests_of_the_source(tmp_path):
    assert list(prepared(tmp_path, ROWS).source_digests) == ["data.csv"]


def test_facts_include_settings_as_plain_values(tmp_path):
    config = prepared(tmp_path, ROWS, rows=10).config
    assert (config["task"], config["rows"], config["split"]["validation"]) == (
        "regression",
        10,
        0.2,
    )


def test_setting_rows_takes_the_first_rows(tmp_path):
    prepared(tmp_path, ROWS, rows=10)
    assert sorted(int(row[0]) for split in SPLITS for row in rows_of(tmp_path, split)[1:]) == list(
        range(10)
    )


def test_own_test_split_is_used(tmp_path):
    meta = prepared(tmp_path, ROWS, test=["100,red,1", "101,blue,2"], rows=10)
    assert meta.rows == {"train": 8, "validation": 2, "test": 2}
    assert rows_of(tmp_path, "test")[1:] == [["100", "red", "1"], ["101", "blue", "2"]]


def test_missing_values_become_the_training_median(tmp_path):
    rows = [f"{'NA' if i == 0 else i**3},x,{i}" for i in range(10)]
    first = {"method": SplitMethod.first, "test": 2.0, "validation": 2.0}
    meta = prepared(tmp_path, rows, split=first)
    assert meta.table is not None
    feature = meta.table.numeric[0]
    assert feature.missing == (6**3 + 7**3) / 2  # the training rows are 4 to 9
    x = load_split(tmp_path / "own", "test").x
    assert x[0, 0] == pytest.approx((feature.missing - feature.mean) / feature.scale)


def test_missing_values_are_counted(tmp_path):
    rows = [f"{i},{i},{i}" for i in range(9)] + ["9,N/A,9"]
    meta = prepared(tmp_path, rows)
    assert sum(counts.get("b", 0) for counts in meta.statistics["missing"].values()) == 1


def test_levels_unseen_in_training_are_counted(tmp_path):
    meta = prepared(tmp_path, ROWS, test=["1,green,1", "2,red,1", "3,green,1"])
    assert meta.statistics["unseen_levels"]["test"] == {"b": 2}


def test_levels_may_contain_commas(tmp_path):
    meta = prepared(
        tmp_path, [f'{i},"Paris, {"France" if i % 2 else "Texas"}",{i}' for i in range(10)]
    )
    assert meta.table is not None
    assert meta.table.categorical[0].levels == ["Paris, France", "Paris, Texas"]
    assert rows_of(tmp_path, "test")[1][1].startswith("Paris, ")


def test_numbers_can_be_read_as_categories(tmp_path):
    meta = prepared(tmp_path, [f"{i},{i % 3},{i}" for i in range(20)], categorical=["b"])
    assert meta.table is not None
    assert [feature.name for feature in meta.table.categorical] == ["b"]


def test_column_of_mostly_text_is_categorical(tmp_path):
    meta = prepared(tmp_path, [f"{i},{'7' if i % 3 == 0 else 'x'},{i}" for i in range(20)])
    assert meta.table is not None
    assert meta.table.categorical[0].levels == ["7", "x"]


def test_column_of_number_and_text_is_categorical(tmp_path):
    meta = prepared(tmp_path, [f"{i},{'7' if i % 2 else 'x'},{i}" for i in range(20)])
    assert meta.table is not None
    assert [feature.name for feature in meta.table.categorical] == ["b"]


def test_only_frequent_levels_have_indicators(tmp_path):
    rows = [f"{i},{'abbcccdddd'[i % 10]},{i}" for i in range(100)]
    meta = prepared(tmp_path, rows, most_levels=3, fewest_rows=15)
    assert meta.table is not None
    assert meta.table.categorical[0].levels == ["c", "d"]


def test_numbers_may_name_100_classes(tmp_path):
    rows = [f"{i},1,{i % 100}" for i in range(200)]
    meta = prepared(tmp_path, rows, split={"method": SplitMethod.random}, **CLASSES)
    assert meta.classes == [str(number) for number in range(100)]


def test_rows_may_be_all_rows(tmp_path):
    assert sum(prepared(tmp_path, ROWS, rows=20).rows.values()) == 20


def test_listed_columns_may_have_many_levels(tmp_path):
    meta = prepared(tmp_path, [f"{i},name {i},{i}" for i in range(150)], categorical=["b"])
    assert meta.shape == [1 + 96]


def test_features_choose_columns(tmp_path):
    meta = prepared(tmp_path, ROWS, features=["b", "a"])
    assert meta.table is not None
    assert [feature.name for feature in meta.table.numeric] == ["a"]


def test_ratios_may_use_dropped_columns(tmp_path):
    rows = [f"{i},{2 * i},{i}" for i in range(1, 21)]
    meta = prepared(tmp_path, rows, drop=["a", "b"], ratios={"half": ["a", "b"]})
    assert meta.table is not None
    assert (meta.table.features, meta.table.numeric[0].mean) == (["half"], 0.5)


def test_numeric_classes_are_ordered_by_number(tmp_path):
    meta = prepared(tmp_path, [f"{i},1,{(10, 9, 2)[i % 3]}" for i in range(30)], **CLASSES)
    assert meta.classes == ["2", "9", "10"]


def test_text_classes_are_in_alphabetical_order(tmp_path):
    meta = prepared(
        tmp_path, [f"{i},1,{('no', 'yes', 'maybe')[i % 3]}" for i in range(30)], **CLASSES
    )
    assert meta.classes == ["maybe", "no", "yes"]
    assert load_split(tmp_path / "own", "train").y.dtype == np.int32


def test_positive_label_makes_two_classes(tmp_path):
    meta = prepared(
        tmp_path,
        [f"{i},1,{('no', 'yes', 'maybe')[i % 3]}" for i in range(30)],
        positive="yes",
        **CLASSES,
    )
    assert meta.classes == ["not yes", "yes"]
    labels = [row[2] for row in rows_of(tmp_path, "train")[1:]]
    assert load_split(tmp_path / "own", "train").y.tolist() == [
        int(label == "yes") for label in labels
    ]


def test_classes_are_counted_in_each_split(tmp_path):
    meta = prepared(tmp_path, [f"{i},1,{'ab'[i % 2]}" for i in range(100)], **CLASSES)
    assert meta.statistics["classes"] == {
        "train": {"a": 32, "b": 32},
        "validation": {"a": 8, "b": 8},
        "test": {"a": 10, "b": 10},
    }


def test_target_range_has_the_unit_of_csv(tmp_path):
    meta = prepared(tmp_path, [f"{i},1,{1000 * (i + 1)}" for i in range(10)], target_unit=1000.0)
    lows = [ranges["min"] for ranges in meta.statistics["targets"]["y"].values()]
    assert min(lows) == 1000.0


@pytest.mark.parametrize("file", ["meta.json", "train/x.npy", "train/y.npy", "train/rows.csv"])
def test_changed_file_is_refused(tmp_path, file):
    prepared(tmp_path, ROWS)
    path = tmp_path / "own" / file
    flip_a_bit(path)
    message = refusal(load_split, tmp_path / "own", "train")
    assert message.startswith(f"{path} is damaged")
    assert message.endswith("Make it again with: dvc repro prepare@own.")


def test_file_that_changes_after_its_check_is_refused(tmp_path):
    prepared(tmp_path, ROWS)
    load_split(tmp_path / "own", "train")
    flip_a_bit(tmp_path / "own/train/y.npy")
    assert "y.npy is damaged" in refusal(load_split, tmp_path / "own", "train")


def test_missing_file_is_refused(tmp_path):
    prepared(tmp_path, ROWS)
    (tmp_path / "own/test/rows.csv").unlink()
    assert refusal(load_split, tmp_path / "own", "test") == (
        f"{tmp_path}/own/test/rows.csv is missing. Make it with: dvc repro prepare@own."
    )


@pytest.mark.parametrize("change", [{"mean": 5.0}, {"scale": 2.0}, {"name": "z"}])
def test_identity_depends_on_the_encoding(change):
    meta = images()
    changed = replace(meta, targets=[replace(meta.targets[0], **change)])
    assert changed.identity["train"] == meta.identity["train"]
    assert changed.identity["encoding"] != meta.identity["encoding"]


def test_identity_ignores_counts():
    assert images(statistics={"missing": 3}).identity == images().identity


def test_new_preparation_replaces_the_old_folder(tmp_path):
    prepared(tmp_path, ROWS)
    (tmp_path / "own/stale.txt").write_text("old")
    prepare(data_of(), raw_root=tmp_path / "raw", root=tmp_path)
    assert not (tmp_path / "own/stale.txt").exists()


def test_rows_in_the_file_three_times_are_counted(tmp_path):
    rows = [f"{i},{i * i},{'pq'[i % 2]}" for i in range(100)] * 3
    meta = prepared(tmp_path, rows, **CLASSES)
    train = {tuple(row) for row in rows_of(tmp_path, "train")}
    equal = [
        sum(tuple(row) in train for row in rows_of(tmp_path, split)[1:]) for split in SPLITS[1:]
    ]
    assert [counts["equal"] for counts in meta.statistics["overlap"].values()] == equal == [38, 46]
    assert meta.remarks == [
        "38 of 48 validation rows and 46 of 60 test rows equal a training row. "
        "To change this, set data.split.duplicates: drop or together"
    ]


@pytest.mark.parametrize("duplicates", [Duplicates.drop, Duplicates.together])
def test_no_row_is_in_two_splits_if_asked(tmp_path, duplicates):
    rows = [f"{i},{i * i},{'pq'[i % 2]}" for i in range(100)] * 3
    meta = prepared(tmp_path, rows, split={"duplicates": duplicates}, **CLASSES)
    assert sum(meta.rows.values()) == (100 if duplicates is Duplicates.drop else 300)
    assert meta.statistics["overlap"]["test"]["equal"] == 0
    assert meta.remarks == []


def test_equal_features_with_other_targets_are_counted(tmp_path):
    rows = [f"{i % 50},x,{i}" for i in range(100)]
    overlap = prepared(tmp_path, rows).statistics["overlap"]["test"]
    assert overlap["equal"] == 0
    assert overlap["other_target"] > 0


def test_dropped_column_does_not_make_rows_differ(tmp_path):
    rows = [f"{i},{i % 50},{i % 50}" for i in range(100)]
    meta = prepared(tmp_path, rows, drop=["a"])
    assert meta.statistics["overlap"]["test"]["equal"] > 0


def test_slightly_changed_rows_are_counted(tmp_path):
    random = np.random.default_rng(0)
    values = random.normal(size=(100, 3))
    rows = [f"{a},{b},{y}" for a, b, y in [*values, *(values + 1e-4)]]
    overlap = prepared(tmp_path, rows).statistics["overlap"]["test"]
    assert (overlap["equal"], overlap["compared"]) == (0, 40)
    assert overlap["near"] > 20


def slightly_changed(targets: Sequence[str]) -> list[str]:
    """A hundred rows, each twice with nearly the same features. `targets` are those of all."""
    values = np.random.default_rng(0).normal(size=(100, 2))
    features = [*values, *(values + 1e-4)]
    return [f"{a},{b},{y}" for (a, b), y in zip(features, targets, strict=True)]


def test_slightly_changed_row_of_another_number_is_another_row(tmp_path):
    targets = np.random.default_rng(1).normal(size=200).astype(str)
    meta = prepared(tmp_path, slightly_changed(list(targets)), numeric=["a", "b"])
    assert meta.statistics["overlap"]["test"]["near"] <= 2


def test_slightly_changed_row_of_another_class_is_counted(tmp_path):
    targets = ["p"] * 100 + ["q"] * 100
    meta = prepared(tmp_path, slightly_changed(targets), **CLASSES | {"numeric": ["a", "b"]})
    assert meta.statistics["overlap"]["test"]["near"] > 20


def test_truth_table_shares_its_rows_by_design(tmp_path):
    meta = prepared(tmp_path, ROWS, split={"method": SplitMethod.whole})
    assert "overlap" not in meta.statistics
    assert meta.remarks == []


SORTED = [f"{i},{i % 7},{'p' if i < 36 else 'q'}" for i in range(100)]


def test_first_rows_of_a_sorted_file_are_named(tmp_path):
    meta = prepared(tmp_path, SORTED, split={"method": SplitMethod.first}, **CLASSES)
    assert meta.remarks == [
        "the rows are sorted by y, and data.split.method: first tests and validates on the first "
        "ones. Set another method, such as random",
        "no training row is of class p; no validation row is of class q; no test row is of class q",
    ]


def test_cut_of_a_sorted_file_is_named(tmp_path):
    assert prepared(tmp_path, SORTED, rows=50, **CLASSES).remarks == [
        "the rows are sorted by y, and data.rows takes the first 50 of 100. "
        "To draw them, set data.sample instead"
    ]


def test_first_rows_of_rising_numbers_are_named(tmp_path):
    rows = [f"{(i * 37) % 100},{(i * 53) % 100},{i}" for i in range(100)]
    (remark,) = prepared(tmp_path, rows, split={"method": SplitMethod.first}).remarks
    assert remark.startswith("the rows are sorted by y, and data.split.method: first ")


def test_sorted_file_may_be_drawn_from(tmp_path):
    assert prepared(tmp_path, SORTED, **CLASSES).remarks == []


def test_class_of_one_row_is_named(tmp_path):
    rows = [f"{i},{i % 7},{'pq'[i % 2]}" for i in range(99)] + ["99,1,rare"]
    meta = prepared(tmp_path, rows, split={"method": SplitMethod.random}, **CLASSES)
    assert meta.remarks == ["no validation row is of class rare; no test row is of class rare"]


VISITS = [f"p{i % 12},2024-{1 + i // 28:02}-{1 + i % 28:02},{i % 5},{i % 2}" for i in range(120)]
VISIT = "patient,day,a,y"


def column_of(tmp_path: Path, split: str, column: int) -> set[str]:
    return {row[column] for row in rows_of(tmp_path, split)[1:]}


def test_no_patient_is_in_two_splits(tmp_path):
    meta = prepared(tmp_path, VISITS, VISIT, drop=["day"], split={"group": "patient"}, **CLASSES)
    patients = [column_of(tmp_path, split, 0) for split in SPLITS]
    assert (len(set.union(*patients)), sum(map(len, patients))) == (12, 12)
    assert meta.table is not None
    assert meta.table.features == ["a"]


def test_newest_visits_are_tested(tmp_path):
    meta = prepared(tmp_path, VISITS, VISIT, drop=["patient"], split={"time": "day"})
    days = [sorted(column_of(tmp_path, split, 1)) for split in SPLITS]
    assert days[0][-1] < days[1][0] <= days[1][-1] < days[2][0]
    assert meta.rows == {"train": 76, "validation": 20, "test": 24}
    assert meta.table is not None
    assert meta.table.features == ["a"]


def test_split_column_can_be_a_feature(tmp_path):
    meta = prepared(
        tmp_path, VISITS, VISIT, features=["patient", "a"], split={"group": "patient"}, **CLASSES
    )
    assert meta.table is not None
    assert [feature.name for feature in meta.table.categorical] == ["patient"]


def test_folds_have_facts_of_their_own(tmp_path):
    one = prepared(tmp_path / "1", ROWS, split={"folds": 4, "fold": 1})
    two = prepared(tmp_path / "2", ROWS, split={"folds": 4, "fold": 2})
    assert (one.rows["test"], two.rows["test"]) == (5, 5)
    assert one.digests != two.digests
    assert (one.config["split"]["method"], one.config["split"]["fold"]) == ("kfold", 1)


def test_missing_column_of_the_split_is_refused(tmp_path):
    assert refusal(prepared, tmp_path, ROWS, split={"group": "patient"}).startswith(
        "data.split.group names a column that "
    )


def test_weights_are_kept_and_are_no_feature(tmp_path):
    rows = [f"{i},{i % 3},{i}" for i in range(20)]
    meta = prepared(tmp_path, rows, sample_weight="b")
    split = load_split(tmp_path / "own", "train")
    cells = [row[1] for row in rows_of(tmp_path, "train")[1:]]
    assert split.sample_weight.tolist() == [float(cell) for cell in cells]
    assert meta.table is not None
    assert meta.table.features == ["a"]
    plain = prepared(tmp_path / "plain", rows, drop=["b"])
    assert plain.digests["train"] != meta.digests["train"]


@pytest.mark.parametrize(
    ("weight", "problem"), [("-1", "the value is not a weight"), ("", "the value is not a weight")]
)
def test_invalid_weight_is_located(tmp_path, weight, problem):
    rows = [f"{i},{weight if i == 3 else 1},{i}" for i in range(20)]
    assert f"line 5, column b: {problem}" in refusal(prepared, tmp_path, rows, sample_weight="b")


def test_sample_is_drawn_from_all_rows(tmp_path):
    rows = [f"{i},{i % 7},{i}" for i in range(200)]
    meta = prepared(tmp_path, rows, sample=50)
    parts = [rows_of(tmp_path, split)[1:] for split in ("train", "validation", "test")]
    drawn = sorted(int(row[0]) for part in parts for row in part)
    assert sum(meta.rows.values()) == len(set(drawn)) == 50
    assert drawn[0] < 50
    assert drawn[-1] >= 150
    again = prepared(tmp_path / "2", rows, sample=50)
    assert again.digests == meta.digests


def test_logarithm_of_the_target_is_standardised(tmp_path):
    rows = [f"{i},{i % 7},{2.0**i}" for i in range(20)]
    meta = prepared(tmp_path, rows, log_target=True, target_unit=2.0)
    y = load_split(tmp_path / "own", "train").y
    truth = [float(row[2]) for row in rows_of(tmp_path, "train")[1:]]
    assert meta.targets[0].decoded(y) * 2.0 == pytest.approx(truth, rel=1e-6)
    assert (y.mean(), y.std()) == (pytest.approx(0, abs=1e-6), pytest.approx(1))


def test_target_without_a_logarithm_is_located(tmp_path):
    rows = [f"{i},{i % 7},{i}" for i in range(20)]
    assert refusal(prepared, tmp_path, rows, log_target=True).endswith(
        "line 2, column y: the value has no logarithm. Received: '0'. "
        "Expected: a number above 0, or data.log_target: false."
    )


def test_many_different_texts_are_prepared_as_few(tmp_path, monkeypatch):
    rows = [f"{i}.5,{'red' if i % 2 else 'NA'},{3 * i}" for i in range(20)]
    few = prepared(tmp_path / "few", rows)
    monkeypatch.setattr(encoded, "_FEW", 0)
    assert prepared(tmp_path / "many", rows) == few
    assert bytes_of(tmp_path / "many/own") == bytes_of(tmp_path / "few/own")
