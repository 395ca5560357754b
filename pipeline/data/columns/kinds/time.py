"""Times of day and durations, such as `17:05` and `00:05:30`: a cell becomes seconds."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_TIME = re.compile(
    r"(?P<sign>-)?(?:(?P<days>\d+) days? )?(?P<hours>\d{1,4}):(?P<minutes>[0-5]\d)"
    r"(?::(?P<seconds>[0-5]\d(?:\.\d+)?))?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?",
    re.ASCII,
)

_POINTS = re.compile(r"[0-2]?\d\.[0-5]\d\.[0-5]\d", re.ASCII)  # as in Italian exports
EXPECTED = "a time such as 17:05 or 00:05:30"


def names(column: str, _settings: Mapping[str, Any]) -> list[str]:
    """One number, the seconds."""
    return [f"{column} seconds"]


def read(cell: str, _settings: Mapping[str, Any]) -> Sequence[float] | None:
    """The seconds since midnight, or of a duration. Two numbers are hours and minutes."""
    match = _TIME.fullmatch(cell.replace(".", ":") if _POINTS.fullmatch(cell) else cell)
    if match is None:
        return None
    hours = int(match["hours"])
    if match["half"]:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + 12 * (match["half"].lower() == "p")
    hours += 24 * int(match["days"] or 0)
    seconds = 3600.0 * hours + 60 * int(match["minutes"]) + float(match["seconds"] or 0)
    return [-seconds if match["sign"] else seconds]
