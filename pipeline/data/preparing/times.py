"""Times: a column of numbers or ISO dates, so that later rows are larger."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.cells import is_number, quoted
from pipeline.data.missing import is_missing
from pipeline.data.tables import TextTable
from pipeline.errors import DataError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def times_of(text: TextTable, column: str) -> NDArray[Any]:
    """Reads a column as times, shape (rows,).

    Numbers stay as they are: int64 if all are whole, else float64. Dates and times of ISO 8601
    become microseconds since 1970, int64. A month such as 2024-05 is its first day. Times without a
    zone are compared as they are written.

    Raises:
        DataError: a value is missing or not a time, or only some of the times have a zone.
    """
    cells = text.columns[column]
    for row, cell in enumerate(cells):
        if is_missing(cell):
            raise _error(text, column, row, "the time is missing", "Expected: a time in every row")
    if all(map(is_number, cells)):
        return _numbers(cells)
    moments = [_moment(text, column, row) for row in range(len(cells))]
    for row, moment in enumerate(moments):
        if (moment.tzinfo is None) != (moments[0].tzinfo is None):
            advice = "Expected: a zone such as +01:00 in all rows, or in none"
            raise _error(text, column, row, "only some of the times have a zone", advice)
    return np.array([_microseconds(moment) for moment in moments], dtype=np.int64)


def _numbers(cells: Sequence[str]) -> NDArray[Any]:
    try:
        return np.array([int(cell) for cell in cells], dtype=np.int64)
    except (ValueError, OverflowError):
        return np.array([float(cell) for cell in cells])


def _moment(text: TextTable, column: str, row: int) -> datetime:
    cell = text.columns[column][row].strip()
    for spelling in (cell, f"{cell}-01"):
        try:
            return datetime.fromisoformat(spelling)
        except ValueError:
            continue
    advice = "Expected: a number, or a date such as 2024-05-31 or 2024-05-31 17:00"
    raise _error(text, column, row, "the value is not a time", advice)


def _microseconds(moment: datetime) -> int:
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH) // timedelta(microseconds=1)


def _error(text: TextTable, column: str, row: int, what: str, advice: str) -> DataError:
    received = quoted(text.columns[column][row])
    return DataError(f"{text.place(column, row)}: {what}", received=received, expected=advice)
