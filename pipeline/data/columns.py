"""Columns of a table: the cells of one column as numbers or as categories."""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.data.cells import is_infinite, is_missing, is_number, quoted, without_commas
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
        if is_number(cell) and math.isfinite(number := float(cell)):
            values[row] = number
        elif not is_missing(cell):
            raise _not_a_number(cell, text.place(column, row), advice)
    return values


def levels(text: TextTable, column: str) -> list[str]:
    """Reads a column as categories without outer spaces. Missing values are `""`."""
    return ["" if is_missing(cell) else cell.strip() for cell in text.columns[column]]


def _not_a_number(cell: str, place: str, advice: str) -> DataError:
    if is_number(cell) or is_infinite(cell):
        return DataError(
            f"{place}: the value is infinite",
            received=quoted(cell),
            expected="Expected: a finite number",
        )
    if is_number(without_commas(cell)):
        advice = "Expected: a decimal point and no commas, such as 1234.5"
    return DataError(f"{place}: the value is not a number", received=quoted(cell), expected=advice)
