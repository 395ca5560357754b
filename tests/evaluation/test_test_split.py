"""The test split is opened only after its look is on disk."""

from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline import layout
from pipeline.data.prepared import load_meta, load_split
from pipeline.data.preparing.preparation import prepare
from pipeline.evaluation import looks
from pipeline.evaluation.looks import Look
from pipeline.evaluation.test_split import digests, open_test_split
from tests.support.damage import flip_a_bit
from tests.support.raw_sources import data_of, table, write_source
from tests.support.refusals import refusal
from tests.support.toy import prepare_all

ROWS = [f"{i % 7},{'red' if i % 2 else 'blue'},{3 * i}" for i in range(40)]


@pytest.fixture(autouse=True)
def _in_project(in_empty_folder):
    pass


def prepared(name: str = "own", *, header: str = "a,b,y", rows=ROWS, **settings) -> Path:
    """Prepares a variant of a table with the target `y`, and returns its folder."""
    write_source(Path(name) / "own", train=table(rows, header), columns=header.split(","))
    data = data_of(name, source="own", **settings)
    prepare(data, raw_root=Path(name), root=layout.PREPARED)
    return layout.PREPARED / name


def opened(folder: Path) -> Look:
    """The look that opening the test split of a variant records."""
    open_test_split(folder, purpose="evaluate", run_id="r", models={}, shown=[])
    return looks.read().looks[-1]


def test_look_names_what_was_opened():
    folder = prepared()
    split = open_test_split(
        folder, purpose="evaluate", run_id="r", models={"7": "m"}, shown={"mse": None, "r2": None}
    )
    (look,) = looks.read().looks
    assert len(split) == look.rows == 8
    assert (look.purpose, look.run_id, look.data) == ("evaluate", "r", "own")
    assert (look.models, look.shown) == ({"7": "m"}, ["mse", "r2"])
    assert look.split == load_meta(folder).digests["test"]


def test_opened_rows_are_those_of_the_split():
    folder = prepared()
    split = open_test_split(folder, purpose="evaluate", run_id="r", models={}, shown=[])
    assert np.array_equal(split.y, load_split(folder, "test").y)


@pytest.mark.parametrize(
    "variant",
    [
        {"drop": ["b"]},
        {"standardize_target": False},
        {"target_unit": 1000.0},
        {"header": "a,b,c,y", "rows": [f"{row},{row.split(',')[2]}" for row in ROWS]},
        {"split": {"validation": 4}},
    ],
    ids=["features", "scaling", "unit", "column", "validation"],
)
def test_other_columns_and_encodings_are_the_same_rows(variant):
    one, other = opened(prepared()), opened(prepared("other", **variant))
    assert one.truth == other.truth


@pytest.mark.parametrize("variant", [{"split": {"seed": 7}}, {"split": {"test": 9}}])
def test_other_splits_are_other_rows(variant):
    one, other = opened(prepared()), opened(prepared("other", **variant))
    assert one.truth != other.truth


def test_images_are_known_by_their_labels():
    prepare_all(Path())
    look = opened(layout.PREPARED / "shapes")
    assert (look.rows, len(look.truth)) == (12, 32)
    assert opened(layout.PREPARED / "shapes").truth == look.truth


def test_damaged_split_is_no_look():
    folder = prepared()
    flip_a_bit(folder / "test/x.npy")
    assert "damaged or stale" in refusal(opened, folder)
    assert looks.read().looks == []


def test_unrecorded_look_keeps_the_split_closed():
    folder = prepared()
    (layout.looks() / looks.FILE).mkdir(parents=True)
    assert "so the test split stays closed" in refusal(opened, folder)


def test_digest_of_a_model_is_of_its_weights():
    def model() -> keras.Model:
        layers = [keras.Input((2,)), keras.layers.Dense(3, name="output")]
        return keras.Sequential(layers, name="network")

    one, same, other = model(), model(), model()
    same.set_weights(one.get_weights())
    by_step = digests({1: one, 2: same, 3: other})
    assert by_step["1"] == by_step["2"] != by_step["3"]
