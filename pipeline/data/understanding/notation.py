"""Decides in which notation the numbers of a column are written."""

from typing import Any

from pipeline.data.cells import quoted
from pipeline.data.columns.numerals import Notation
from pipeline.data.understanding.file import File
from pipeline.data.understanding.numbers import (
    Numerals,
    example,
)

# In files with these delimiters, a point is the decimal sign.
_OF_POINTS = (",", "whitespace", "fixed_width")


def _allowed(numerals: Numerals, file: File) -> list[Notation]:
    """The notations that the values and the source's settings allow."""
    return [
        notation
        for notation in numerals.notations
        if file.decimal in (None, notation.decimal)
        and (file.thousands in (None, notation.thousands) or not notation.thousands)
    ]


def _likely(numerals: Numerals, file: File) -> list[Notation]:
    """The allowed notations that suit the rest of the file."""
    allowed = _allowed(numerals, file) or numerals.notations
    if file.thousands is not None:
        matches = [notation for notation in allowed if notation.thousands == file.thousands]
        allowed = matches or allowed
    elif file.evidence:
        allowed = [notation for notation in allowed if notation.decimal in file.evidence] or allowed
    elif file.delimiter in _OF_POINTS:
        allowed = [notation for notation in allowed if notation.decimal == "."] or allowed
    return allowed


def number_settings(numerals: Numerals, file: File) -> dict[str, Any]:
    """The settings with which the numbers of a column are read. Empty for plain numbers."""
    notation = _likely(numerals, file)[0]
    affix = numerals.affixes[0]
    if numerals.are_plain and notation.decimal == "." and notation.thousands in ("", ","):
        return {}
    return {"decimal": notation.decimal, "thousands": notation.thousands, "affix": affix}


def doubts_on_notation(numerals: Numerals, file: File) -> list[str]:
    """What the user must decide, if the likely notations give different numbers."""
    likely = _likely(numerals, file)
    differing = numerals.differing(likely)
    if not differing:
        return []
    sign = (likely[0].thousands or differing[0].thousands) or "."
    of_thousands = f"thousands: {quoted(sign)}"
    if sign == ".":  # the usual decimal sign
        of_thousands += " and decimal: ','"
    return [
        f"{quoted(sign)} in {example(numerals.values)} may separate thousands or decimals. Set "
        f"{of_thousands} for the former, decimal: {quoted(sign)} for the latter, in the source's "
        "settings"
    ]
