"""What a user should know about a column of numbers."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pipeline.data.cells import is_number, quoted
from pipeline.data.columns.kinds import number
from pipeline.data.understanding.identifiers import may_name_groups
from pipeline.data.understanding.numbers import Numerals, Tally
from pipeline.data.understanding.profile import Profile

_MOST_CODES = 10
_CODE = re.compile(r"(?:.*[^a-z])?(?:zip|zip ?code|postcode|postal ?code|plz|fips)", re.IGNORECASE)
_MOMENT = re.compile(r"(?:.*(?:date|time|stamp|epoch|_at|_on)|ts|t)(?:_?m?s)?", re.IGNORECASE)
# Seconds of one unit, and the second since 1970 at which the count starts.
_COUNTS = {
    "seconds since 1970": (1.0, 0),
    "milliseconds since 1970": (1e-3, 0),
    "days as Excel does": (86_400.0, -25_569 * 86_400),
}
# From 1985 to 2050.
_FIRST_MOMENT, _LAST_MOMENT = 473_385_600, 2_524_608_000


def notes_on_numbers(
    profile: Profile, numerals: Numerals, settings: dict[str, Any], tally: Tally
) -> list[str]:
    """Notes on how numbers are read, and on numbers that may be codes or names.

    Args:
        settings: the settings of the notation.
    """
    notes = []
    disguised = [cell for cell in numerals.values if not is_number(cell)]
    if settings and disguised:
        longest = max(disguised, key=len)  # it shows all signs of the notation
        value = number.read(longest, settings)
        read = f"{value[0]:.12g}" if value else "a number"
        notes.append(f"reads {quoted(longest)} as {read}")
    elif len(numerals.notations) > 1 and numerals.differing(numerals.notations):
        with_point = next(quoted(cell) for cell in numerals.values if "." in cell)
        notes.append(
            f"reads the point in {with_point} as a decimal point; if it separates thousands, set "
            "thousands: '.' and decimal: ',' in the source's settings"
        )
    return [*notes, *_notes_on_values(profile, tally)]


def _notes_on_values(profile: Profile, tally: Tally) -> Iterator[str]:
    values = tally.numbers
    if not tally.are_whole:
        return
    if may_name_groups(profile):
        yield (
            f"seems to name what several rows share. If so, set data.split: {{group: "
            f"{profile.key}}}, or data.drop: [{profile.key}]"
        )
    if _CODE.fullmatch(profile.column):
        yield f"is read as numbers; if they are codes, set data.categorical: [{profile.key}]"
    least, greatest = float(values[0]), float(values[-1])
    if 2 < len(values) <= _MOST_CODES and greatest - least >= len(values):
        codes = ", ".join(f"{value:g}" for value in values)
        yield (
            f"has only the whole numbers {codes}; if they are codes, set "
            f"data.categorical: [{profile.key}]"
        )
    if least == -1 and len(values) > _MOST_CODES and values[1] >= 0:
        yield (
            f"has -1 in {tally.counts[0]:,} of {profile.count:,} rows as its only negative number; "
            f"if it means missing, set data.na_values: {{{profile.key}: [-1]}}"
        )
    yield from _notes_on_moments(profile, least, greatest)


def _notes_on_moments(profile: Profile, least: float, greatest: float) -> Iterator[str]:
    if not _MOMENT.fullmatch(profile.column):
        return
    for unit, (seconds, start) in _COUNTS.items():
        first, last = (start + value * seconds for value in (least, greatest))
        if _FIRST_MOMENT <= first <= last < _LAST_MOMENT:
            days = (datetime.fromtimestamp(moment, UTC).date() for moment in (first, last))
            yield f"seems to count {unit}, from {' to '.join(map(str, days))}; is read as numbers"
