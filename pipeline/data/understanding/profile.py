"""Profiles: the different cells of a column, and how often each one occurs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.config.yaml_text import flow
from pipeline.data.cells import is_number, plain_numbers
from pipeline.data.columns.reader import reading_of
from pipeline.data.columns.reading import ColumnReading
from pipeline.data.encoded import Counts, counts_of, without
from pipeline.data.missing import SIGNS
from pipeline.data.understanding.numbers import Numerals, numerals_of

_NO_FRACTION = re.compile(r"(?<=\d)[.,]0{1,2}$")  # three zeros may be thousands


@dataclass(frozen=True)
class Profile:
    """The cells of one column, without outer spaces.

    Args:
        values: how often each value occurs, in order of first appearance.
        missing: how often each sign of a missing value occurs.
        signs: the signs of missing values that count for this column.
    """

    column: str
    values: Mapping[str, int]
    missing: Mapping[str, int]
    signs: Sequence[str]

    @cached_property
    def numerals(self) -> Numerals | None:
        """The values as numbers in some notation; None if one does not look like a number."""
        return numerals_of(self.values, are_plain=self.plain_numbers is not None)

    @property
    def key(self) -> str:
        """The column's name as YAML takes it, with quotes if it needs them."""
        return flow(self.column)

    @property
    def plain_numbers(self) -> NDArray[np.float64] | None:
        """The values as numbers, float64 of shape (values,). None if one is not a plain number."""
        return plain_numbers(self.values)

    @property
    def counts(self) -> NDArray[np.int64]:
        """How often each value occurs, of shape (values,)."""
        if isinstance(self.values, Counts):
            return self.values.counts
        return np.fromiter(self.values.values(), np.int64, len(self.values))

    @property
    def texts(self) -> Sequence[str]:
        """The values."""
        return self.values.texts if isinstance(self.values, Counts) else list(self.values)

    @cached_property
    def count(self) -> int:
        """The number of rows with a value."""
        return int(self.counts.sum())

    @property
    def rows(self) -> int:
        return self.count + sum(self.missing.values())

    def reading(self, kind: str, settings: Mapping[str, Any]) -> ColumnReading:
        """How the cells are read as a kind."""
        return reading_of(self.column, kind, settings, self.signs)

    @property
    def is_unique(self) -> bool:
        """Whether no value occurs twice."""
        return len(self.values) == self.count


def profile_of(column: str, cells: Sequence[str], data: Data) -> Profile:
    """Counts the cells of a column."""
    counts = counts_of(cells)
    signs = signs_of(column, data)
    numbers = {_whole(sign) for sign in data.signs_of(column) if is_number(sign)}
    if numbers:
        signs += [cell for cell in counts if _whole(cell) in numbers and cell not in signs]
    present = set(signs).intersection(counts)
    missing = {cell: counts[cell] for cell in counts if cell in present} if present else {}
    return Profile(column, without(counts, missing), missing, signs)


def _whole(cell: str) -> str:
    """A number without the zeros of its fraction, so that `-200,0` is as good as `-200`."""
    return _NO_FRACTION.sub("", cell)


def signs_of(column: str, data: Data) -> list[str]:
    """The texts that stand for a missing value in a column."""
    usual = SIGNS if data.usual_na_values else ()
    levels = data.keep_as_level.get(column, [])
    signs = dict.fromkeys(["", *usual, *data.signs_of(column)])
    return [sign for sign in signs if sign not in levels]
