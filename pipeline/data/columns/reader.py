"""Reads the cells of a column, in `prepare` and for a saved model."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.cells import is_infinite, is_number, plain_numbers, quoted
from pipeline.data.columns.reading import ColumnReading
from pipeline.data.missing import SIGNS
from pipeline.errors import DataError
from pipeline.registry import Registry

KINDS = Registry("pipeline.data.columns.kinds", "kind of column")

Place = Callable[[int], str]
OnError = Callable[[int, DataError], None]


def reading_of(
    column: str,
    kind: str,
    settings: Mapping[str, Any] | None = None,
    missing: Sequence[str] = SIGNS,
) -> ColumnReading:
    """Describes how a column is read.

    Args:
        settings: the settings of the kind.
        missing: the texts that stand for a missing value.
    """
    module, settings = _module(kind), dict(settings or {})
    signs = [sign for sign in missing if sign]
    sentinels: list[float] = []
    if kind == "number":
        read = (module.read(sign, settings) for sign in signs)
        sentinels = [values[0] for values in read if values is not None]
    return ColumnReading(column, kind, module.names(column, settings), settings, signs, sentinels)


def read_levels(reading: ColumnReading, cells: Sequence[str]) -> list[str]:
    """Reads a category. A missing value is the level `""`."""
    module = _module(reading.kind)
    level = {
        cell: "" if reading.is_missing(cell) else module.read(cell.strip(), reading.settings)
        for cell in set(cells)
    }
    return [level[cell] for cell in cells]


def read_numbers(
    reading: ColumnReading,
    cells: Sequence[str],
    *,
    place: Place,
    on_error: OnError | None = None,
) -> list[NDArray[np.float64]]:
    """Reads numbers. Missing values are NaN.

    Args:
        place: names the cell of a row in errors.
        on_error: receives the row and the error of a cell that is not of the column's kind. It is
            read as a missing value. By default the error is raised.

    Returns:
        For each of `reading.names`, an array of shape (rows,).

    Raises:
        DataError: a cell is not of the column's kind.
    """
    if reading.kind == "number" and not reading.settings and not reading.sentinels:
        plain = plain_numbers(cells)
        if plain is not None:
            return [np.array(plain)]
    module = _module(reading.kind)
    nothing = [math.nan] * len(reading.names)
    read: dict[str, Sequence[float] | None] = {
        cell: nothing if reading.is_missing(cell) else module.read(cell.strip(), reading.settings)
        for cell in set(cells)
    }
    if None in read.values():
        for row, cell in enumerate(cells):
            if read[cell] is None:
                error = _error(reading.kind, cell, place(row))
                if on_error is None:
                    raise error
                on_error(row, error)
        read = {cell: nothing if value is None else value for cell, value in read.items()}
    table = np.array([read[cell] for cell in cells], dtype=np.float64)
    return list(table.reshape(len(cells), len(nothing)).T)


def _module(kind: str) -> Any:
    return KINDS.load(kind, key="kind of column")


def _error(kind: str, cell: str, place: str) -> DataError:
    too_large = is_number(cell) and math.isinf(float(cell))
    if kind == "number" and (too_large or is_infinite(cell)):
        return DataError(
            f"{place}: the value is infinite",
            received=quoted(cell),
            expected="Expected: a finite number",
        )
    expected: str = _module(kind).EXPECTED
    return DataError(
        f"{place}: the value is not {expected.partition(' such')[0]}",
        received=quoted(cell),
        expected=f"Expected: {expected}, or an empty cell for a missing value",
    )
