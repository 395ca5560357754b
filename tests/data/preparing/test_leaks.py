"""Columns that give the target away are named."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.config.data import Task
from pipeline.data.preparing.inputs import Inputs
from pipeline.data.preparing.leaks import remarks_on_leaks
from pipeline.data.preparing.preparation import prepare
from pipeline.data.preparing.splits import Splits
from tests.support.raw_sources import data_of, table, write_source


@pytest.mark.parametrize(
    ("column", "is_leak"),
    [
        ([f"{2000 + row % 40}{'PASS' if row % 3 else 'FAIL'}" for row in range(1200)], True),
        ([f"group {row % 40}" for row in range(1200)], False),
    ],
)
def test_category_of_many_levels_may_be_a_leak(tmp_path, column, is_leak):
    rows = [f"{row * 7 % 11},{column[row]},{int(row % 3 > 0)}" for row in range(1200)]
    write_source(tmp_path / "raw/own", train=table(rows))
    data = data_of(task=Task.classification)
    meta = prepare(data, raw_root=tmp_path / "raw", root=tmp_path / "prepared")
    assert any(remark.startswith("b predicts") for remark in meta.remarks) == is_leak


def test_logarithm_of_the_target_gives_it_away(tmp_path):
    rows = [f"{row * 7 % 11},{math.log(2 + row)},{2 + row}" for row in range(200)]
    write_source(tmp_path / "raw/own", train=table(rows))
    meta = prepare(data_of(numeric=["b"]), raw_root=tmp_path / "raw", root=tmp_path / "prepared")
    assert any(remark.startswith("b predicts") for remark in meta.remarks)


def remarks(
    y: NDArray[Any], columns: dict[str, NDArray[np.float64]], *, validation: int = 40
) -> list[str]:
    """Those on numbers, whose first 60 rows are for training and the next ones for validation."""
    rows = np.arange(60 + validation)
    splits = Splits(rows[:60], rows[60:], rows[:0])
    inputs = Inputs(list(columns), columns, {}, [])
    return list(remarks_on_leaks(inputs, y, splits, is_class=y.dtype == np.int64))


NUMBERS = np.random.default_rng(0).uniform(0, 0.01, (100, 102))
IN_TURN = np.arange(100) % 2


@pytest.mark.parametrize(("validation", "said"), [(19, 0), (20, 1)])
def test_leaks_are_sought_in_20_rows_or_more(validation, said):
    assert len(remarks(NUMBERS[:, 0], {"a": NUMBERS[:, 0]}, validation=validation)) == said


@pytest.mark.parametrize(("count", "said"), [(100, 1), (101, 0)])
def test_leaks_are_sought_in_100_columns_or_fewer(count, said):
    columns = {f"x{number}": NUMBERS[:, number] for number in range(count)}
    assert len(remarks(NUMBERS[:, 0], columns)) == said


@pytest.mark.parametrize("others", [{}, {"constant": np.ones(100)}])
def test_sum_of_columns_may_be_a_leak(others):
    a, b, c = NUMBERS[:, :3].T
    columns = {"a": a, "b": b} | others
    assert remarks(a + 2 * b, columns) == [
        "a weighted sum of the columns gives the target almost exactly. If they are known only "
        "after it, list them under data.drop"
    ]
    assert remarks(a + 2 * b + 0.1 * c, columns) == []


def test_several_leaks_are_named_together():
    columns = {"a": IN_TURN * 5.0, "b": NUMBERS[:, 0], "c": -IN_TURN + NUMBERS[:, 1]}
    (remark,) = remarks(IN_TURN, columns)
    assert remark.startswith("a, c each predict the target almost perfectly. ")


def test_only_class_is_not_given_away():
    assert remarks(np.zeros(100, dtype=np.int64), {"a": NUMBERS[:, 0]}) == []
