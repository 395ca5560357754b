"""Cells of text inside a saved model."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.missing import SIGNS, is_missing
from pipeline.models.texts import SPACES, one_hot
from tests.support import pinned_threads as pinned  # noqa: F401

LEVELS = ["", "[UNK]", "New York", "north", "x", "\u00e4 b"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model that Keras saved and loaded, without this package."""
    path = tmp_path_factory.mktemp("model") / "model.keras"
    one_hot(LEVELS, dict.fromkeys(SIGNS, "") | {"N.Y.": "New York"}, name="text_1").save(path)
    return keras.saving.load_model(path)


def level_of(model: keras.Model, cell: str) -> str | None:
    (row,) = np.array(model(tf.constant([[cell]]))).tolist()
    assert sorted(set(row)) in ([0.0], [0.0, 1.0])
    assert sum(row) <= 1
    return LEVELS[row.index(1)] if 1 in row else None


def expected(cell: str) -> str | None:
    text = "" if is_missing(cell) else cell.strip()
    text = "New York" if text == "N.Y." else text
    return text if text in LEVELS else None


@pytest.mark.parametrize(
    "cell", [*LEVELS, *SIGNS, " N.Y.", "y", "xx", "North", "New  York", "New York City"]
)
def test_cell_has_the_level_of_preparation(model, cell):
    assert level_of(model, cell) == expected(cell)


@pytest.mark.parametrize("space", SPACES)
def test_each_space_is_cut_off(model, space):
    assert level_of(model, f"{space}north{space}") == "north"


CELL = st.text(st.sampled_from(["x", "n", "o", "r", "t", "h", "?", "N", "A", "/", *SPACES[:12]]))


@given(cells=st.lists(st.one_of(CELL, st.text(max_size=5), st.sampled_from(LEVELS)), min_size=1))
def test_any_cell_has_the_level_of_preparation(model, cells):
    encoded = [cell.encode(errors="replace").decode() for cell in cells]
    rows = np.array(model(tf.constant([[cell] for cell in encoded])))
    assert rows.tolist() == [
        [float(expected(cell) == level) for level in LEVELS] for cell in encoded
    ]


def test_spaces_are_those_that_python_strips():
    assert [chr(code) for code in range(0x110000) if chr(code).isspace()] == SPACES


def test_text_without_missing_values_is_unknown():
    row = one_hot(["a", "b"], {"NA": ""}, name="text_1")(tf.constant([["NA"]]))
    assert np.array(row).tolist() == [[0.0, 0.0]]
