"""Decides what one column holds. The settings decide first, then the cells."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pipeline.config.data import Data
from pipeline.data.understanding.decisions import (
    category,
    code,
    constant,
    date,
    date_mixture,
    date_of_digits,
    empty,
    image_file,
    label_list,
    mixture,
    name,
    number,
    number_or_unknown,
    setting,
    several_numbers,
    text,
)
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.wording import listed

_MOSTLY_MISSING = 0.5

_DECISIONS: Sequence[Callable[[Profile, Data, File], Finding | None]] = (
    setting.decide,
    empty.decide,
    constant.decide,
    date_of_digits.decide,
    code.decide,
    number.decide,
    number_or_unknown.decide,
    date.decide,
    several_numbers.decide,
    label_list.decide,
    mixture.decide,
    date_mixture.decide,
    image_file.decide,
    text.decide,
    name.decide,
    category.decide,
)


def finding_of(profile: Profile, data: Data, file: File, *, is_chosen: bool = False) -> Finding:
    """Decides how a column is read.

    Args:
        is_chosen: whether the settings choose the column. It is then not left out.
    """
    decided = (decide(profile, data, file) for decide in _DECISIONS)
    finding = next(decision for decision in decided if decision is not None)
    if finding.reading is None and is_chosen:
        finding = number.decide(profile, data, file, may_identify=False) or category.decide(
            profile, data, file
        )
    return replace(finding, notes=[*finding.notes, *_notes_on_missing(profile)])


def _notes_on_missing(profile: Profile) -> Iterator[str]:
    missing = sum(profile.missing.values())
    if profile.values and missing > _MOSTLY_MISSING * profile.rows:
        yield f"is missing in {missing:,} of {profile.rows:,} rows"
    signs = [sign for sign in profile.missing if sign not in ("", "NA", "NaN", "nan", "null")]
    if profile.values and signs:
        yield f"reads {listed(signs)} as missing"
