"""Numerals: the texts that people write for numbers, such as `$1,200.50`, `45 %` and `(3.5)`."""

import math
import re
from dataclasses import dataclass

# Spaces between groups of digits, and the minus sign of typesetters.
_PLAIN = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f", " ") | {"\u2212": "-"})
_CURRENCY = "$€£¥₹₽₩₪฿₺₴₫₱"
_CODES = "AUD|BRL|CAD|CHF|CNY|DKK|EUR|Fr|GBP|INR|JPY|Kč|NOK|PLN|RUB|Rs|SEK|TRY|USD|ZAR|kr|zł"
_NUMERAL = re.compile(
    rf"""
    (?P<open>\()? (?P<sign>[-+])? \ ?
    (?P<prefix> [A-Z]{{0,3}}[{_CURRENCY}] | (?:{_CODES})\.? | [~≈] )? \ ?
    (?P<late_sign>[-+])?
    (?P<digits> \d (?:[\d.,'\ ]*\d)? [.,]? | [.,]\d+ )
    (?P<exponent> [eE][-+]?\d+ )?
    (?P<suffix> \ ? [^\s\d.,()'"+\-:/\\;|\#][^\d,()'"+:;|]{{0,14}} )?
    (?P<last_sign>-)?
    (?P<close>\))?
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Notation:
    """The characters of a number.

    Args:
        decimal: the character before the fraction.
        thousands: the character between groups of digits; empty for none.
    """

    decimal: str = "."
    thousands: str = ""

    def plain(self, digits: str) -> str | None:
        """The digits with a decimal point only. None if they are not in this notation."""
        whole, separator, fraction = digits.partition(self.decimal)
        if fraction and not fraction.isdigit():
            return None
        if self.thousands and self.thousands in whole:
            groups = whole.split(self.thousands)
            if not _are_groups(groups):
                return None
            whole = "".join(groups)
        if not (whole.isdigit() or (not whole and separator and fraction)):
            return None
        return f"{whole or 0}.{fraction or 0}"


NOTATIONS = [
    Notation(decimal, thousands)
    for decimal, others in ((".", ("", ",", " ", "'")), (",", ("", ".", " ", "'")))
    for thousands in others
]


@dataclass(frozen=True)
class Numeral:
    """A cell that looks like a number.

    Args:
        digits: the digits with their separators, without sign and exponent.
        affix: the text before or after the number, such as a currency or a unit.
    """

    negative: bool
    digits: str
    exponent: str
    affix: str

    def value(self, notation: Notation) -> float | None:
        """The finite number in a notation, or None."""
        digits = notation.plain(self.digits)
        if digits is None:
            return None
        size = float(digits + self.exponent)
        return (-size if self.negative else size) if math.isfinite(size) else None


def numeral(cell: str) -> Numeral | None:
    """Splits a cell without outer spaces into its parts. None if it does not look like a number."""
    if len(cell) > 2 and cell[0] == cell[-1] == "'":
        cell = cell[1:-1].strip()
    match = _NUMERAL.fullmatch(cell.translate(_PLAIN))
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    signs = [match["sign"], match["late_sign"], match["last_sign"], match["open"]]
    if sum(sign is not None for sign in signs) > 1:
        return None
    affix = (match["prefix"] or "") + (match["suffix"] or "").strip().casefold()
    return Numeral("-" in signs or "(" in signs, match["digits"], match["exponent"] or "", affix)


def _are_groups(groups: list[str]) -> bool:
    """Whether groups of digits are those of thousands. India has groups of two before the last."""
    first, *middle, last = groups
    return (
        all(group.isdigit() for group in groups)
        and 1 <= len(first) <= 3
        and first[0] != "0"
        and len(last) == 3
        and len({len(group) for group in middle}) <= 1
        and all(len(group) in (2, 3) for group in middle)
    )
