"""Recognises numbers: plain ones, and those with units, thousands or a decimal comma."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pipeline.data.cells import is_number, plain_numbers, quoted
from pipeline.data.columns.numerals import NOTATIONS, Notation, Numeral, numeral

_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+")
_NINES = str.maketrans("012345678", "999999999")
_BEFORE_DIGITS = "+-\u2212( $\u20ac\u00a3"


@dataclass(frozen=True)
class Numerals:
    """The values of a column, all of which look like numbers.

    Args:
        values: one value of each shape, such as one with two digits before and after a point.
        notations: the notations in which all of them are numbers.
    """

    values: Mapping[str, Numeral]
    notations: list[Notation]

    @property
    def affixes(self) -> list[str]:
        """The currencies and units, the commonest first; `""` is none."""
        return [
            affix for affix, _ in Counter(one.affix for one in self.values.values()).most_common()
        ]

    @property
    def are_plain(self) -> bool:
        return all(map(is_number, self.values))

    def differing(self, notations: Iterable[Notation]) -> list[Notation]:
        """The notations in which some value is another number than in the first one."""
        first, *others = notations
        return [
            notation
            for notation in others
            if any(one.value(notation) != one.value(first) for one in self.values.values())
        ]

    def evidence(self) -> set[str]:
        """The decimal signs that the values allow, if they allow only one."""
        signs = {notation.decimal for notation in self.notations}
        return signs if len(signs) == 1 else set()


def numerals_of(values: Collection[str]) -> Numerals | None:
    """Takes the values of a column apart. None if one does not look like a number."""
    fraction = _plain_fraction(values)
    if fraction is not None:
        values = [fraction]
    shapes: dict[tuple[str, bool], str] = {}
    for cell in values:
        shapes.setdefault(_shape(cell), cell)
    taken = {cell: numeral(cell) for cell in shapes.values()}
    found = {cell: one for cell, one in taken.items() if one is not None}
    if not found or len(found) < len(taken):
        return None
    notations = [
        notation
        for notation in NOTATIONS
        if all(one.value(notation) is not None for one in found.values())
    ]
    return Numerals(found, notations) if notations else None


def _plain_fraction(values: Collection[str]) -> str | None:
    """A value that shows that the point is the decimal sign, if all values are plain numbers."""
    if plain_numbers(list(values)) is None:
        return None
    return next((cell for cell in values if "." in cell and not _THOUSANDS.fullmatch(cell)), None)


def _shape(cell: str) -> tuple[str, bool]:
    """What decides the notation of a cell: its separators, its length, and a zero at the start.

    Columns have few shapes, so they are taken apart thousands of times faster.
    """
    if "e" in cell or "E" in cell:  # the size of the exponent decides whether it is finite
        return cell, False
    return cell.translate(_NINES), cell.lstrip(_BEFORE_DIGITS)[:1] == "0"


def looks_like_a_number(cell: str) -> bool:
    """Whether a cell is a number in some notation, without a unit."""
    one = numeral(cell)
    return one is not None and not one.affix


def have_leading_zeros(values: Iterable[str]) -> bool:
    """Whether some values are digits that begin with a zero, as codes do."""
    return any(len(cell) > 1 and cell[0] == "0" and cell.isdigit() for cell in values)


def example(values: Iterable[str]) -> str:
    """The longest of the first values, in quotes."""
    first = [cell for cell, _ in zip(values, range(20), strict=False)]
    return quoted(max(first, key=len))
