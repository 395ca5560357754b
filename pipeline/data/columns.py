"""Columns of a table: the cells of one column as numbers or as categories."""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.data.cells import is_infinite, is_number, quoted, without_commas
from pipeline.data.missing import is_missing
from pipeline.data.tables import TextTable
from pipeline.errors import DataError


def numbers(text: TextTable, column: str, *, advice: str) -> NDArray[np.float64]:
    """Reads a column as float64 numbers, shape (rows,). Missing values are NaN.

    Args:
        advice: what to do if a value is text.

    Raises:
        DataError: a value is text or infinite.
    """
    values = np.full(len(text), math.nan)
    for row, cell in enumerate(text.columns[column]):
        value = number(cell)
        if value is None:
            raise not_a_number(cell, text.place(column, row), advice)
        values[row] = value
    return values


def number(cell: str) -> float | None:
    """Reads a cell as a finite number, or NaN if it is missing. None if it is neither."""
    if is_number(cell):
        value = float(cell)
        return value if math.isfinite(value) else None
    return math.nan if is_missing(cell) else None


def levels(text: TextTable, column: str) -> list[str]:
    """Reads a column as categories without outer spaces. Missing values are `""`."""
    return ["" if is_missing(cell) else cell.strip() for cell in text.columns[column]]


def not_a_number(cell: str, place: str, advice: str) -> DataError:
    """The error of a cell that `number` cannot read."""
    if is_number(cell) or is_infinite(cell):
        return DataError(
            f"{place}: the value is infinite",
            received=quoted(cell),
            expected="Expected: a finite number",
        )
    if is_number(without_commas(cell)):
        advice = "Expected: a decimal point and no commas, such as 1234.5"
    return DataError(f"{place}: the value is not a number", received=quoted(cell), expected=advice)
