"""Numbers, also those with units, thousands or a decimal comma."""

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.data.cells import quoted
from pipeline.data.columns.kinds import number, time
from pipeline.data.encoded import Texts
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.identifiers import identifies_by_numbers
from pipeline.data.understanding.notation import doubts_on_notation, number_settings
from pipeline.data.understanding.numbers import tally_of
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.remarks import notes_on_numbers
from pipeline.data.understanding.sentinels import sentinel_of
from pipeline.data.understanding.wording import MOST_TEXTS

_MOST_UNITS = 4  # of one column
_CODE = re.compile(r"\d+[eE]\d+")  # programs write powers of ten with a sign: 1e+05
_LONGEST_UNIT = 3  # letters of a unit, if a column has several units


def decide(
    profile: Profile, data: Data, file: File, *, may_identify: bool = True
) -> Finding | None:
    """Reads a column of numbers. None if some value is not a number.

    Args:
        may_identify: whether the numbers may name rows.
    """
    numerals = profile.numerals
    if numerals is None:
        return None
    units, different = numerals.affixes, len(profile.values)
    if len(units) > 1:
        are_times = all(time.read(cell, {}) for cell in profile.values)  # as `2h` and `45m`
        is_in_doubt = _are_units(units, different) and not are_times
        return _with_units(profile, units) if is_in_doubt else None
    if units != [""] and not _is_unit(units[0], different):
        return None
    settings = number_settings(numerals, file)
    values = _values(profile, settings)
    tally = tally_of(values, profile.counts)
    doubts, sentinel = doubts_on_notation(numerals, file), None
    if profile.column not in data.numeric and _may_be_codes(profile):
        doubts.append(_doubt_on_codes(profile))
    if not doubts:
        reason = identifies_by_numbers(profile, tally) if units == [""] else ""
        if reason and may_identify:
            return Finding(None, reason)
        is_settled = profile.column in data.numeric
        sentinel = None if is_settled else sentinel_of(tally, sentinels=file.sentinels)
        if sentinel is not None:
            sign = profile.texts[int((values == sentinel).argmax())]
            count = int(tally.counts[tally.numbers == sentinel][0])
            doubts.append(_doubt_on_sentinel(profile, sign, count, file))
    return Finding(
        profile.reading("number", settings),
        "all its values are numbers",
        notes_on_numbers(profile, numerals, settings, tally),
        doubts,
        sentinel,
    )


def _may_be_codes(profile: Profile) -> bool:
    """Whether some value is a power of ten that may be a code, such as `12E3`."""
    texts = profile.texts
    if isinstance(texts, Texts) and texts.have_only_digits_and_points:
        return False
    return any(map(_CODE.fullmatch, texts))


def _doubt_on_codes(profile: Profile) -> str:
    column = profile.key
    code = next(cell for cell in profile.values if _CODE.fullmatch(cell))
    return (
        f"its values, such as {quoted(code)}, may be codes or powers of ten. Set data.numeric: "
        f"[{column}] if they are numbers, data.categorical: [{column}] if they are codes"
    )


def _with_units(profile: Profile, units: Sequence[str]) -> Finding:
    names = ", ".join(unit or "none" for unit in units[:MOST_TEXTS])
    doubt = (
        f"its numbers have different units ({names}). Make them equal in the file, or list "
        f"it under data.categorical or data.drop"
    )
    return Finding(profile.reading("category", {}), "", doubts=[doubt])


def _doubt_on_sentinel(profile: Profile, sign: str, count: int, file: File) -> str:
    column = profile.key
    of_column = f"{{{column}: [{quoted(sign)}]}}"
    advice = f"[{quoted(sign)}]" if len(file.sentinels) == 1 else of_column
    return (
        f"{sign} is in {count:,} of {profile.count:,} rows, far from all other "
        f"values. If it means missing, set data.na_values: {advice}; "
        f"if it is a number, data.numeric: [{column}]; if it is a code, "
        f"data.categorical: [{column}]"
    )


def _values(profile: Profile, settings: dict[str, Any]) -> NDArray[np.float64]:
    """The numbers of a column, shape (values,). NaN if a value is not a number in this notation."""
    plain = None if settings else profile.plain_numbers
    if plain is not None:
        return plain
    read = (number.read(cell, settings) for cell in profile.values)
    return np.array([math.nan if result is None else result[0] for result in read])


def _is_unit(affix: str, different: int) -> bool:
    """Whether an affix is a unit. Two texts such as `1a` and `2a` may be codes."""
    return different >= 3 or not affix.isalpha()


def _are_units(affixes: Sequence[str], different: int) -> bool:
    """Whether different affixes are units: few of them among many numbers, and no long words.

    `2013PASS` and `1939, May` are codes and dates.
    """
    are_long = all(len(affix) > _LONGEST_UNIT for affix in affixes)
    are_few = len(affixes) <= min(_MOST_UNITS, different // 3)
    return are_few and not are_long
