"""Numbers, with or without a unit and thousands separators."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.data.cells import is_number
from pipeline.data.columns.numerals import Notation, numeral

EXPECTED = "a number"


def names(column: str, _settings: Mapping[str, Any]) -> list[str]:
    """One number, with the name of the column."""
    return [column]


def read(cell: str, settings: Mapping[str, Any]) -> Sequence[float] | None:
    """The number in a cell.

    Args:
        settings: `decimal` and `thousands`, the characters of a number, and `affix`, the currency
            or unit that a cell may have. Without settings, only plain numbers are read.
    """
    if not settings:
        return _finite(float(cell)) if is_number(cell) else None
    parts = numeral(cell)
    if parts is None or parts.affix not in ("", settings["affix"]):
        return None
    value = parts.value(Notation(settings["decimal"], settings["thousands"]))
    return None if value is None else [value]


def _finite(value: float) -> Sequence[float] | None:
    return [value] if abs(value) != float("inf") else None
