"""Identifiers: columns that name rows, so a model would only learn them by heart."""

import re

from pipeline.data.understanding.profile import Profile

_NAME = re.compile(
    r"(?:.*[^a-z])?(?:id|ids|idx|index|key|uuid|guid|nr|no|num|number|row|rownames?|serial|sn)",
    re.IGNORECASE,
)
_CAMEL = re.compile(r".*[a-z](?:ID|Id|Nr|No|Key|Index)")
_FEWEST_ROWS = 10
_MOSTLY = 0.5
_YEARS = range(1800, 2101)


def has_name_of_identifier(column: str) -> bool:
    """Whether the name of a column says that it names rows, such as `id` or `PassengerId`."""
    return bool(_NAME.fullmatch(column) or _CAMEL.fullmatch(column))


def identifies_by_numbers(profile: Profile, numbers: list[float]) -> str:
    """Why whole numbers name rows; empty if they do not.

    Args:
        numbers: the different numbers of the column.
    """
    if not profile.is_unique or not all(value.is_integer() for value in numbers):
        return ""
    if has_name_of_identifier(profile.column):
        return "each row has a number of its own, and the name says that it names rows"
    counts = max(numbers) - min(numbers) == len(numbers) - 1 and len(numbers) >= 2 * _FEWEST_ROWS
    are_years = all(value in _YEARS for value in numbers)
    return "it counts the rows" if counts and not are_years else ""


def identifies_by_text(profile: Profile) -> str:
    """Why texts name rows; empty if they do not."""
    different = len(profile.values)
    if profile.count < _FEWEST_ROWS or different <= _MOSTLY * profile.count:
        return ""
    if profile.is_unique:
        return "each row has a text of its own"
    return f"{different:,} of {profile.count:,} texts are different"
