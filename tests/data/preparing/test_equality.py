"""Equal rows have equal numbers."""

import numpy as np

from pipeline.data.preparing.equality import levels_of, numbers_of_equal, with_target
from pipeline.data.preparing.inputs import Inputs


def test_equal_rows_have_the_number_of_the_first():
    assert numbers_of_equal(np.array([[1, 2], [3, 4], [1, 2], [1, 3]])).tolist() == [0, 1, 0, 3]


def test_images_are_compared_by_all_pixels():
    images = np.zeros((3, 2, 2, 3), dtype=np.uint8)
    images[1, 1, 1, 2] = 1
    assert numbers_of_equal(images).tolist() == [0, 1, 0]


def test_rows_with_other_targets_differ():
    assert with_target(np.array([0, 0, 0, 3]), np.array([0.5, 0.7, 0.5, 0.5])).tolist() == [
        0,
        1,
        0,
        3,
    ]


def test_cells_are_compared_as_they_are_read():
    inputs = Inputs(
        ["a", "b"],
        {"a": np.array([1.0, np.nan, np.nan, -0.0, 0.0])},
        {"b": ["x", "", "", "y", "y"]},
        [],
    )
    assert numbers_of_equal(levels_of(inputs, rows=5)).tolist() == [0, 1, 1, 3, 3]


def test_no_column_makes_all_rows_equal():
    assert numbers_of_equal(levels_of(Inputs([], {}, {}, []), rows=3)).tolist() == [0, 0, 0]


def test_levels_are_equal_where_numbers_are():
    numbers = {"x": np.array([3.0, np.nan, 1.0, np.nan, 3.0, -0.0, 0.0])}
    levels = levels_of(Inputs(["x"], numbers, {}, []), rows=7)
    assert levels[:, 0].tolist() == [2, 3, 1, 3, 2, 0, 0]
