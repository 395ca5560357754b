"""Equal rows have equal numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.encoded import Levels
from pipeline.data.preparing.equality import (
    equal_inputs,
    equal_rows,
    numbers_of_equal,
    with_target,
)
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
        {"b": Levels.of(["x", "", "", "y", "y"])},
        [],
    )
    assert equal_inputs(inputs, rows=5).tolist() == [0, 1, 1, 3, 3]


def test_no_column_makes_all_rows_equal():
    assert equal_inputs(Inputs([], {}, {}, []), rows=3).tolist() == [0, 0, 0]


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, -0.0, 1.5, -1.5, np.nan, np.inf]), st.integers(-2, 2)),
        min_size=1,
    )
)
def test_rows_are_equal_where_all_columns_are(rows):
    plain = [("nan" if np.isnan(x) else x, number) for x, number in rows]
    columns = [np.array([x for x, _ in rows]), np.array([number for _, number in rows])]
    assert equal_rows(columns, rows=len(rows)).tolist() == [plain.index(row) for row in plain]


def test_order_of_columns_matters():
    columns = [np.array([1, 2]), np.array([2, 1])]
    assert equal_rows(columns, rows=2).tolist() == [0, 1]
