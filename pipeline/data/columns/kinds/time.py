"""Times of day and durations, such as `17:05`, `00:05:30` and `1h 5m`: a cell becomes seconds."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_TIME = re.compile(
    r"(?P<sign>-)?(?:(?P<days>\d+) days? )?(?P<hours>\d{1,4}):(?P<minutes>[0-5]\d)"
    r"(?::(?P<seconds>[0-5]\d(?:\.\d+)?))?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?",
    re.ASCII,
)

_UNITS = re.compile(
    r"(?:(?P<days>\d+) ?d(?:ays?)?)? ?(?:(?P<hours>\d+) ?h(?:rs?|ours?)?)? ?"
    r"(?:(?P<minutes>\d+) ?m(?:ins?|inutes?)?)? ?(?:(?P<seconds>\d+) ?s(?:ecs?|econds?)?)?",
    re.ASCII,
)
_POINTS = re.compile(r"[0-2]?\d\.[0-5]\d\.[0-5]\d", re.ASCII)  # as in Italian exports
EXPECTED = "a time such as 17:05, 00:05:30 or 1h 5m"


def names(column: str, _settings: Mapping[str, Any]) -> list[str]:
    """One number, the seconds."""
    return [f"{column} seconds"]


def read(cell: str, _settings: Mapping[str, Any]) -> Sequence[float] | None:
    """The seconds since midnight, or of a duration. Two numbers are hours and minutes."""
    units = _UNITS.fullmatch(cell) if cell else None
    if units is not None:
        days, hours, minutes, seconds = (int(part or 0) for part in units.groups())
        return [float(86_400 * days + 3600 * hours + 60 * minutes + seconds)]
    match = _TIME.fullmatch(cell.replace(".", ":") if _POINTS.fullmatch(cell) else cell)
    if match is None:
        return None
    hour = int(match["hours"])
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (match["half"].lower() == "p")
    hour += 24 * int(match["days"] or 0)
    size = 3600.0 * hour + 60 * int(match["minutes"]) + float(match["seconds"] or 0)
    return [-size if match["sign"] else size]
