"""What a user should know about a column of numbers."""

import re
from typing import Any

from pipeline.data.cells import is_number, quoted
from pipeline.data.columns.kinds import number
from pipeline.data.understanding.identifiers import may_name_groups
from pipeline.data.understanding.numbers import Numerals
from pipeline.data.understanding.profile import Profile

_MOST_CODES = 10
_CODE = re.compile(r"(?:.*[^a-z])?(?:zip|zip ?code|postcode|postal ?code|plz|fips)", re.IGNORECASE)


def notes_on_numbers(
    profile: Profile, found: Numerals, settings: dict[str, Any], counts: dict[float, int]
) -> list[str]:
    """Notes on how numbers are read, and on numbers that may be codes or names.

    Args:
        settings: those of the notation.
        counts: how often each number occurs.
    """
    notes = []
    disguised = [cell for cell in found.values if not is_number(cell)]
    if settings and disguised:
        longest = max(disguised, key=len)  # it shows all signs of the notation
        value = number.read(longest, settings)
        read = f"{value[0]:.12g}" if value else "a number"
        notes.append(f"reads {quoted(longest)} as {read}")
    elif len(found.notations) > 1 and found.differing(found.notations):
        shown = next(quoted(cell) for cell in found.values if "." in cell)
        notes.append(
            f"reads the point in {shown} as a decimal point; if it separates thousands, set "
            "thousands: '.' and decimal: ',' in the source's settings"
        )
    whole = all(value.is_integer() for value in counts)
    values = sorted(counts)
    column = profile.column
    if whole and may_name_groups(profile):
        notes.append(
            f"seems to name what several rows share. If so, set data.split: {{group: {column}}}, "
            f"or data.drop: [{column}]"
        )
    if whole and _CODE.fullmatch(column):
        notes.append(f"is read as numbers; if they are codes, set data.categorical: [{column}]")
    if whole and 2 < len(values) <= _MOST_CODES and values[-1] - values[0] >= len(values):
        codes = ", ".join(f"{value:g}" for value in values)
        notes.append(
            f"has only the whole numbers {codes}; if they are codes, set "
            f"data.categorical: [{profile.column}]"
        )
    return notes
