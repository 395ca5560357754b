"""Recognises numbers: plain ones, and those with units, thousands or a decimal comma."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.data.cells import is_number, quoted
from pipeline.data.columns.numerals import NOTATIONS, Notation, Numeral, numeral

_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+")
_NINES = str.maketrans("012345678", "999999999")
_BEFORE_DIGITS = "+-\u2212( $\u20ac\u00a3"


@dataclass(frozen=True)
class Numerals:
    """The values of a column that look like numbers.

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
            # With the same decimal sign, all values are the same numbers.
            if notation.decimal != first.decimal
            and any(
                parsed.value(notation) != parsed.value(first) for parsed in self.values.values()
            )
        ]

    def evidence(self) -> set[str]:
        """The decimal signs that the values allow, if they allow only one."""
        signs = {notation.decimal for notation in self.notations}
        return signs if len(signs) == 1 else set()


@dataclass(frozen=True)
class Tally:
    """How often each number of a column occurs.

    Args:
        numbers: the different numbers from the least to the greatest, float64 of shape (numbers,).
        counts: how often each one occurs, of the same shape.
        first: for each one, its place in the order of the rows, of the same shape.
    """

    numbers: NDArray[np.float64]
    counts: NDArray[np.int64]
    first: NDArray[np.int64]

    @property
    def are_whole(self) -> bool:
        return bool((self.numbers == np.floor(self.numbers)).all())

    @property
    def in_order(self) -> NDArray[np.float64]:
        """The different numbers in order of the rows."""
        return self.numbers[np.argsort(self.first)]


def tally_of(values: NDArray[np.float64], counts: NDArray[np.int64]) -> Tally:
    """Counts numbers.

    Args:
        values: numbers, also equal ones; NaN does not count.
        counts: how often each of them occurs.
    """
    present = ~np.isnan(values)
    numbers, first, place = np.unique(values[present], return_index=True, return_inverse=True)
    # The sums of whole numbers are exact in float64.
    sums = np.bincount(place, weights=counts[present], minlength=len(numbers))
    return Tally(numbers, sums.astype(np.int64), first)


def numerals_of(values: Collection[str], *, are_plain: bool = False) -> Numerals | None:
    """Splits the values of a column into their parts. None if one does not look like a number.

    Args:
        are_plain: whether all values are surely plain numbers.
    """
    fraction = _plain_fraction(values) if are_plain else None
    if fraction is not None:
        values = [fraction]
    shapes: dict[str, str] = {}
    for cell in values:
        shapes.setdefault(_shape(cell), cell)
    notations = _notations_of_all(frozenset(shapes))
    if not notations:
        return None
    taken = ((cell, numeral(cell)) for cell in shapes.values())
    return Numerals({cell: one for cell, one in taken if one is not None}, notations)


@lru_cache(1 << 12)
def _notations_of_all(shapes: frozenset[str]) -> list[Notation]:
    """The notations in which the cells of all shapes are numbers."""
    allowed = [_notations_of(shape) for shape in shapes]
    return [notation for notation in NOTATIONS if all(notation in some for some in allowed)]


@lru_cache(1 << 12)
def _notations_of(shape: str) -> list[Notation]:
    """The notations in which the cells of a shape are numbers."""
    parsed = numeral(shape)
    return [] if parsed is None else [form for form in NOTATIONS if parsed.value(form) is not None]


def _plain_fraction(values: Collection[str]) -> str | None:
    """A value among plain numbers that shows that the point is the decimal sign."""
    return next((cell for cell in values if "." in cell and not _THOUSANDS.fullmatch(cell)), None)


def _shape(cell: str) -> str:
    """A cell of the same shape. The shape decides the notation; the digits do not.

    Only a zero at the start matters. Columns have few shapes, so splitting shapes instead of cells
    is thousands of times faster.
    """
    if "e" in cell or "E" in cell:  # the size of the exponent decides whether it is finite
        return cell
    shape = cell.translate(_NINES)
    start = len(cell) - len(cell.lstrip(_BEFORE_DIGITS))
    return f"{shape[:start]}0{shape[start + 1 :]}" if cell[start : start + 1] == "0" else shape


def looks_like_a_number(cell: str) -> bool:
    """Whether a cell is a number in some notation, without a unit."""
    parsed = numeral(cell)
    return parsed is not None and not parsed.affix


def have_leading_zeros(values: Iterable[str]) -> bool:
    """Whether some values are digits that begin with a zero, as codes do."""
    return any(cell[0] == "0" and len(cell) > 1 for cell in filter(str.isdigit, values))


def example(values: Iterable[str]) -> str:
    """The longest of the first values, in quotes."""
    first = [cell for cell, _ in zip(values, range(20), strict=False)]
    return quoted(max(first, key=len))
