"""Dates, with or without a time: a cell becomes its parts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

EXPECTED = "a date"
ISO = "ISO 8601"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400

PARTS: dict[str, Callable[[datetime], float]] = {
    "year": lambda moment: moment.year,
    "month": lambda moment: moment.month,
    "day": lambda moment: moment.day,
    "weekday": lambda moment: moment.isoweekday(),
    "day_of_year": lambda moment: moment.timetuple().tm_yday,
    "hour": lambda moment: moment.hour + moment.minute / 60 + moment.second / 3600,
    "days": lambda moment: (moment - _EPOCH).total_seconds() / _DAY,
}
"""The parts of a date. `days` counts the days since 1970; Monday is weekday 1."""


def names(column: str, settings: Mapping[str, Any]) -> list[str]:
    """One number for each part, such as `day year`."""
    return [f"{column} {part}" for part in settings["parts"]]


def read(cell: str, settings: Mapping[str, Any]) -> Sequence[float] | None:
    """The parts of a date.

    Args:
        settings: `format` and `first_year`, as for `moment`, and `parts`, names of `PARTS`.
    """
    date = moment(cell, settings["format"], settings.get("first_year"))
    return None if date is None else [float(PARTS[part](date)) for part in settings["parts"]]


def moment(cell: str, form: str, first_year: int | None = None) -> datetime | None:
    """The moment that a cell means. None if it is not a date of this format.

    Args:
        form: the format as in Python's `strftime`, or `ISO 8601`. Times without a zone are in
            UTC.
        first_year: years of two digits mean this year or one of the next 99. By default they mean
            1969 to 2068, as in Python.
    """
    try:
        result = datetime.fromisoformat(cell) if form == ISO else datetime.strptime(cell, form)
        if first_year is not None:
            result = result.replace(year=first_year + (result.year - first_year) % 100)
    except ValueError:
        return None
    return result if result.tzinfo else result.replace(tzinfo=UTC)
