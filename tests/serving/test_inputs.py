"""Inputs of a model, from cells of text and from values of Python."""

import math
from datetime import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from pipeline.data.columns.reader import reading_of
from pipeline.errors import PipelineError
from pipeline.runs.model_card import Column
from pipeline.serving.inputs import inputs_of, pixels_of, table_inputs
from tests.support.cards import card_of
from tests.support.metas import images
from tests.support.refusals import refusal

SIZE = Column("size / m2", ["size _ m2"], "number", reading_of("size / m2", "number"))
FLOOR = Column(
    "floor", ["floor"], "category", reading_of("floor", "category"), ["", "1", "2", "3.0", "high"]
)


EURO = reading_of("rent", "number", {"decimal": ",", "thousands": ".", "affix": "\u20ac"})
RENT = Column("rent", ["rent"], "parsed", EURO)
DAY = Column(
    "day",
    ["day month", "day days"],
    "parsed",
    reading_of("day", "date", {"format": "%d.%m.%Y", "parts": ["month", "days"]}),
)


@pytest.mark.parametrize("value", ["1.234,5 \u20ac", "1234,5", 1234.5, Decimal("1234.5")])
def test_number_with_a_unit_may_be_text_or_a_number(value):
    inputs = table_inputs([RENT], {"rent": [value]}, place=str)
    assert (inputs.values["rent"][0, 0], inputs.problems) == (1234.5, {})


def test_number_in_another_notation_is_a_problem():
    inputs = table_inputs([RENT], {"rent": ["1234.5"]}, place="row {}".format)
    assert str(inputs.problems[0]).startswith("row 0, column rent: the value is not a number.")


@pytest.mark.parametrize(
    "value", ["31.12.1970", datetime(1970, 12, 31), pd.Timestamp("1970-12-31")]
)
def test_date_may_be_text_or_a_date(value):
    inputs = table_inputs([DAY], {"day": [value]}, place=str)
    values = [float(array[0, 0]) for array in inputs.values.values()]
    assert (list(inputs.values), values) == (["day month", "day days"], [12, 364])


def size_of(value):
    inputs = table_inputs([SIZE], {"size / m2": [value]}, place="row {}".format)
    return inputs.values["size _ m2"][0, 0] if not inputs.problems else str(inputs.problems[0])


def floor_of(value):
    return table_inputs([FLOOR], {"floor": [value]}, place=str).values["floor"][0, 0]


@pytest.mark.parametrize(
    "value", [3, 3.0, np.float32(3), np.int64(3), Decimal(3), "3", " 3.0\t", "3e0"]
)
def test_number_is_read_from_any_kind_of_value(value):
    assert size_of(value) == 3.0


@pytest.mark.parametrize("value", ["", " ", "?", "NA", None, math.nan, pd.NA, pd.NaT])
def test_missing_number_is_nan(value):
    assert math.isnan(size_of(value))


@pytest.mark.parametrize("value", ["three", "1,000", "3 m", True, "True", b"3", [3, 4]])
def test_other_value_is_no_number(value):
    problem = size_of(value)
    assert problem.startswith("row 0, column size / m2: the value is not a number.")


@pytest.mark.parametrize("value", ["inf", "-Infinity", math.inf, "1e999"])
def test_infinite_number_is_a_problem(value):
    assert "infinite" in size_of(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" high ", " high "),
        (1, "1"),
        (np.int64(2), "2"),
        (1.0, "1"),
        (3.0, "3.0"),
        (2.5, "2.5"),
        (True, "True"),
        (b"high", "high"),
        (None, ""),
        (math.nan, ""),
        (pd.NA, ""),
    ],
)
def test_category_is_the_text_of_the_csv(value, text):
    assert floor_of(value) == text


def test_problems_belong_to_their_rows():
    columns = {"size / m2": ["1", "x", "3"], "floor": ["1", "1", "1"]}
    inputs = table_inputs([SIZE, FLOOR], columns, place="line {}".format)
    assert inputs.rows == 3
    assert [(row, str(problem)) for row, problem in inputs.problems.items()] == [
        (
            1,
            "line 1, column size / m2: the value is not a number. Received: 'x'. "
            "Expected: a number, or an empty cell for a missing value.",
        )
    ]


def test_missing_column_is_refused():
    assert refusal(table_inputs, [SIZE, FLOOR], {"floor": ["1"], "id": ["7"]}, place=str) == (
        "the model needs a column that is missing: size / m2. Received: columns floor, id. "
        "Name the columns as in the CSV that the model was trained on."
    )


@pytest.mark.parametrize("shape", [(2, 8, 8, 1), (2, 8, 8), (8, 8, 1), (8, 8)])
def test_images_may_lack_rows_or_channel(shape):
    inputs = pixels_of(card_of(images()), np.full(shape, 7))
    assert inputs.values.shape[1:] == (8, 8, 1)
    assert inputs.values.dtype == np.uint8
    assert (inputs.values == 7).all()


@pytest.mark.parametrize("shape", [(2, 8, 9, 1), (64,), (2, 8, 8, 3), (2, 2, 8, 8, 1)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(PipelineError, match=r"Expected: \(rows, 8, 8, 1\)"):
        pixels_of(card_of(images()), np.zeros(shape))


@pytest.mark.parametrize("pixel", [-1, 256, 0.5, math.nan])
def test_values_that_are_no_pixels_are_refused(pixel):
    with pytest.raises(PipelineError, match="whole numbers from 0 to 255"):
        pixels_of(card_of(images()), np.full((8, 8), pixel))


ONE_CELL = {"shape": [2, 2, 1], "pixel_columns": ["image"]}
FLOATS = {"shape": [1, 2, 1], "pixel_columns": ["a", "b"], "dtype": "float32", "pixel_maximum": 1}


def read_pixels(columns, **facts):
    inputs = inputs_of(card_of(images(**facts)), columns, place="row {}".format)
    return inputs.values, [str(problem) for problem in inputs.problems.values()]


def test_one_cell_holds_all_pixels():
    values, problems = read_pixels({"image": ["1 2 3 4", "[5, 6, 7, 8]"]}, **ONE_CELL)
    assert (values.reshape(2, 4).tolist(), problems) == ([[1, 2, 3, 4], [5, 6, 7, 8]], [])


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("1 2 3", "the cell does not hold the pixels of an image. Received: '1 2 3'. "),
        ("white", "the cell does not hold the pixels of an image. Received: 'white'. "),
        ("1 2 3 400", "the value is not a pixel. Received: '1 2 3 400'. "),
    ],
)
def test_other_cell_is_a_problem(cell, problem):
    _, problems = read_pixels({"image": [cell]}, **ONE_CELL)
    assert problems[0].startswith(f"row 0, column image: {problem}")


def test_fractions_are_pixels_of_a_model_of_floats():
    values, problems = read_pixels({"a": ["0.25", 1], "b": [0, "2"]}, **FLOATS)
    assert (values.dtype, values[0].ravel().tolist()) == (np.float32, [0.25, 0])
    assert problems == [
        "row 1, column b: the value is not a pixel. Received: '2'. Expected: a number from 0 to 1."
    ]


def test_array_of_fractions_suits_a_model_of_floats():
    card = card_of(images(**FLOATS))
    assert pixels_of(card, [[[0.5, 1]]]).values.ravel().tolist() == [0.5, 1]
    assert "Expected: numbers from 0 to 1." in refusal(pixels_of, card, [[[0.5, 1.5]]])
