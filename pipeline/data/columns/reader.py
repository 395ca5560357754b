"""Reads the cells of a column, in `prepare` and for a saved model."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.cells import is_infinite, is_number, plain_numbers, quoted
from pipeline.data.columns.reading import ColumnReading
from pipeline.data.encoded import Encoded, Levels, chosen, different, joined
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
        # None of the usual signs is a number.
        read = (module.read(sign, settings) for sign in signs if sign not in SIGNS)
        sentinels = [values[0] for values in read if values is not None]
    return ColumnReading(column, kind, module.names(column, settings), settings, signs, sentinels)


def read_levels(reading: ColumnReading, cells: Sequence[str]) -> Levels:
    """Reads a category. A missing value is the level `""`."""
    module = _module(reading.kind)
    texts, numbers = different(cells)
    levels = [
        "" if reading.is_missing(text) else module.read(text.strip(), reading.settings)
        for text in texts
    ]
    return Levels.of(levels, numbers)


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
    texts, numbers = different(cells)
    values = _plain(reading, texts)
    if values is None:
        values, is_wrong = _read(reading, texts)
        for row in np.flatnonzero(is_wrong[numbers]).tolist():
            error = _error(reading.kind, cells[row], place(row))
            if on_error is None:
                raise error
            on_error(row, error)
    return [one[numbers] for one in values]


def read_plain_columns(
    readings: Sequence[ColumnReading], columns: Sequence[Sequence[str]]
) -> list[NDArray[np.float64]] | None:
    """Reads many columns of plain numbers at the same time. It is faster than one by one.

    Returns:
        For each column, float64 of shape (rows,). None if a column has anything but plain numbers.
    """
    if not all(reading.kind == "number" and not reading.settings for reading in readings):
        return None
    if any(map(is_number, {sign for reading in readings for sign in reading.missing})):
        return None
    encoded = [column for column in columns if isinstance(column, Encoded)]
    if not encoded or len(encoded) < len(columns):
        return None
    values = joined([column.texts for column in encoded]).plain_numbers
    if values is None:
        return None
    ends = np.cumsum([len(column.texts) for column in encoded])[:-1]
    parts = np.split(values, ends)
    return [part[column.numbers] for part, column in zip(parts, encoded, strict=True)]


def _plain(reading: ColumnReading, texts: Sequence[str]) -> NDArray[np.float64] | None:
    """Reads plain numbers fast, shape (1, texts). None if some text is anything else."""
    if reading.kind != "number" or reading.settings:
        return None
    signs = {"", *reading.missing}
    if signs.isdisjoint(texts):
        numbers = plain_numbers(texts)
        return None if numbers is None else numbers[None]
    has_value = np.array([text not in signs for text in texts], dtype=np.bool_)
    numbers = plain_numbers(chosen(texts, has_value))
    if numbers is None:
        return None
    values = np.full((1, len(texts)), math.nan)
    values[0, has_value] = numbers
    return values


def _read(
    reading: ColumnReading, texts: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The numbers of each text, shape (names, texts), and which texts are not of the kind."""
    module = _module(reading.kind)
    values = np.full((len(reading.names), len(texts)), math.nan)
    is_wrong = np.zeros(len(texts), dtype=np.bool_)
    for place, text in enumerate(texts):
        if not reading.is_missing(text):
            read = module.read(text.strip(), reading.settings)
            if read is None:
                is_wrong[place] = True
            else:
                values[:, place] = read
    return values, is_wrong


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
