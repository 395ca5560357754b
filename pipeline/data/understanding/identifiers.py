"""Identifiers: columns that name rows. A model could only learn them by heart."""

import re

import numpy as np

from pipeline.data.understanding.numbers import Tally
from pipeline.data.understanding.profile import Profile

_NAME = re.compile(
    r"(?:.*[^a-z])?"
    r"(?:unnamed(?:: ?|_)[\d.]+|"
    r"id|ids|idx|index|key|uuid|guid|nr|no|num|number|code|row|rownames?|serial|sn)",
    re.IGNORECASE,
)
_CAMEL = re.compile(r".*[a-z](?:ID|Id|Nr|No|Num|Number|Code|Key|Index)")
# Names that are written as one word, such as `clientnum`.
_WORD = re.compile(
    r"(?:account|client|cust|customer|emp|employee|invoice|member|order|patient|person|product|"
    r"record|sample|shop|store|student|subject|transaction|user)(?:id|no|nr|num|number|code|key)",
    re.IGNORECASE,
)
_SHARED = re.compile(r"(?:.*[^A-Za-z])?[Ii][Dd]s?|(?:.*[^A-Za-z])?IDS|.*[a-z](?:ID|Id)s?")
_FEWEST_ROWS = 10
_MOSTLY = 0.5
_DENSE = 0.8  # the share of the whole numbers in its range that a column holds
_YEARS = (1800, 2100)


def has_name_of_identifier(column: str) -> bool:
    """Whether the name of a column says that it names rows, such as `id` or `PassengerId`."""
    return any(names.fullmatch(column) for names in (_NAME, _CAMEL, _WORD))


def may_name_groups(profile: Profile) -> bool:
    """Whether a column with the name of an identifier has each value in several rows."""
    different = len(profile.values)
    return (
        bool(_SHARED.fullmatch(profile.column)) and _FEWEST_ROWS <= different <= profile.count / 2
    )


def identifies_by_numbers(profile: Profile, tally: Tally) -> str:
    """Why whole numbers name rows; empty if they do not."""
    if not profile.is_unique or not tally.are_whole:
        return ""
    if has_name_of_identifier(profile.column):
        return "each row has a number of its own, and the name says that it names rows"
    first, last = _YEARS
    are_years = bool(first <= tally.numbers[0] and tally.numbers[-1] <= last)
    counts = _count_rows(tally, may_have_gaps=not profile.missing)
    return "it counts the rows" if counts and not are_years else ""


def _count_rows(tally: Tally, *, may_have_gaps: bool) -> bool:
    """Whether numbers count the rows, in any order.

    Ascending numbers may have gaps, because rows were removed. In a column with missing values they
    may not, because it probably holds measurements.
    """
    count = len(tally.numbers)
    if count < 2 * _FEWEST_ROWS:
        return False
    span = float(tally.numbers[-1] - tally.numbers[0]) + 1
    in_order = bool((np.diff(tally.first) > 0).all())
    is_dense = in_order and count >= _DENSE * span
    return span == count or (may_have_gaps and is_dense)


def identifies_by_text(profile: Profile) -> str:
    """Why texts name rows; empty if they do not."""
    different = len(profile.values)
    if profile.count < _FEWEST_ROWS or different <= _MOSTLY * profile.count:
        return ""
    if profile.is_unique:
        return "each row has a text of its own"
    return f"{different:,} of {profile.count:,} texts are different"
