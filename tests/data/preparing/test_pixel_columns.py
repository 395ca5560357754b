"""Which columns hold pixels, and the shape of the images."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.data import Task
from pipeline.data.arrays import guessed_shape
from pipeline.data.preparing.pixel_columns import pixel_columns, shape_of
from pipeline.data.raw import Raw
from tests.support.raw_sources import data_of
from tests.support.refusals import refusal

PIXELS = [f"p{number}" for number in range(12)]


def raw_of(columns, *, pixels=None, shape=None) -> Raw:
    return Raw(Path("raw"), columns, None, shape, 255, [], {"data.csv": 1}, {}, pixels)


def found(columns, settings=None, **facts):
    data = data_of(task=Task.classification, target="y", **(settings or {}))
    return pixel_columns(raw_of(columns, **facts), data)


@pytest.mark.parametrize(
    "columns", [["y", *PIXELS], [*PIXELS, "y"], [*PIXELS[:5], "y", *PIXELS[5:]]]
)
def test_all_columns_but_the_label_are_pixels(columns):
    assert found(columns, shape=(3, 4, 1)).names == PIXELS


def test_dropped_and_splitting_columns_are_no_pixels():
    columns = ["id", "y", *PIXELS, "part", "person"]
    settings = {"drop": ["id", "person"], "split": {"column": "part"}}
    assert found(columns, settings, shape=(2, 2, 3)).names == PIXELS


@pytest.mark.parametrize("pixels", ["p*", PIXELS, ["p?", "p1?"]])
def test_pixels_can_be_named(pixels):
    columns = ["id", "y", *PIXELS, "age"]
    assert found(columns, pixels=pixels, shape=(2, 6, 1)).names == PIXELS


def test_one_named_column_holds_all_pixels():
    columns = found(["y", "image", "age"], pixels="image")
    assert (columns.names, columns.in_one_cell) == (["image"], True)


@pytest.mark.parametrize(
    "names",
    [PIXELS, [f"{row}x{column}" for row in range(1, 4) for column in range(1, 13)]],
)
def test_sorted_names_are_put_in_order(names):
    columns = found(["y", *sorted(names)], pixels=["*"[:0] + name for name in sorted(names)])
    assert columns.names == names
    assert columns.notes == ["the pixels are ordered by the numbers in the names of their columns"]


@pytest.mark.parametrize("names", [["r1", "g1", "b1"], ["a", "c", "b"], ["p2", "p2.0"], PIXELS])
def test_other_names_keep_the_order_of_file(names):
    assert found(["y", *names], pixels=names).names == names


@pytest.mark.parametrize(
    ("columns", "settings", "message"),
    [
        (
            ["id", "y", *PIXELS],
            {},
            "Received: 13 columns next to y. Expected: 12, because image_shape is [3, 4, 1]. "
            "Set drop: [id] in the data settings.",
        ),
        (
            ["a", "b", "y", *PIXELS],
            {"drop": ["a"]},
            "Received: 13 columns next to y. Expected: 12, because image_shape is [3, 4, 1]. "
            "Set drop: [a, b] in the data settings.",
        ),
        (
            ["y", *PIXELS[:9]],
            {},
            "Received: 9 columns next to y. Expected: 12, because image_shape is [3, 4, 1]. "
            "Set image_shape: [3, 3, 1] in the source's settings.",
        ),
        (
            ["y", *PIXELS[:7]],
            {},
            "Received: 7 columns next to y. Expected: 12, because image_shape is [3, 4, 1]. "
            "List the columns that are not pixels under data.drop, or name those of pixels by "
            "pixels in the source's settings.",
        ),
    ],
)
def test_wrong_number_of_columns_is_explained(columns, settings, message):
    data = data_of(task=Task.classification, target="y", **settings)
    error = refusal(pixel_columns, raw_of(columns, shape=(3, 4, 1)), data)
    assert error == (f"raw/data.csv: the number of columns does not match image_shape. {message}")


def test_unknown_column_of_pixels_is_refused():
    data = data_of(task=Task.classification, target="y")
    assert refusal(pixel_columns, raw_of(["y", "image"], pixels="images"), data) == (
        "source.pixels names a column that raw/data.csv does not have. Received: images. "
        "Did you mean image? Allowed: image, y."
    )


def test_label_is_no_pixel():
    data = data_of(task=Task.classification, target="y")
    assert refusal(pixel_columns, raw_of(["y", "p0"], pixels=["y", "p0"]), data) == (
        "source.pixels names a column that the data settings use otherwise. Received: y. "
        "List the columns of pixels only."
    )


@given(st.integers(1, 400), st.sampled_from([1, 3]))
def test_square_images_have_a_known_shape(side, channels):
    assert guessed_shape(side * side * channels) == (side, side, channels)


@pytest.mark.parametrize("count", [2, 6, 13, 24, 785])
def test_other_images_have_no_known_shape(count):
    assert guessed_shape(count) is None


def test_guessed_shape_is_a_note():
    notes: list[str] = []
    assert shape_of(raw_of(["y"], pixels="p*"), 12, notes) == (2, 2, 3)
    assert notes == ["image_shape: [2, 2, 3], because an image has 12 pixels"]


@pytest.mark.parametrize(
    ("shape", "count", "message"),
    [
        (
            None,
            24,
            "raw/data.csv: the images are not square. Received: 24 pixels. "
            "Set image_shape: [height, width, channels] in the source's settings.",
        ),
        (
            (2, 2, 1),
            9,
            "raw/data.csv: the number of pixels does not match image_shape. "
            "Received: 9 pixels for [2, 2, 1]. "
            "Set image_shape: [3, 3, 1] in the source's settings.",
        ),
    ],
)
def test_shape_that_does_not_fit_is_refused(shape, count, message):
    assert refusal(shape_of, raw_of(["y"], shape=shape), count, []) == message
