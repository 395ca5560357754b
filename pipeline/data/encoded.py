"""Columns of text in little memory: each different text once, and its number for each row.

An Arrow array takes as much memory as the bytes of the texts. Python's texts take ten times as
much. This module does not call Arrow's `to_numpy`: it imports pandas, and that takes longer than
reading a small table.
"""

from collections.abc import Collection, ItemsView, Iterator, Mapping, Sequence, ValuesView
from functools import cached_property
from itertools import chain, compress
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]

_FEW = 10_000  # texts
_BLOCK = 1 << 16  # texts that are Python strings at the same time
OF_NUMBERS = b"0123456789+-.eE"
_OF_PLAIN_NUMBERS = b"0123456789+-."
_BYTES = 1 << 24  # so many are compared at the same time


class Texts(Sequence[str]):
    """Texts in an Arrow array. If they are few, they are a list as well, because that is faster."""

    def __init__(self, array: Any) -> None:
        self.array = array

    @cached_property
    def listed(self) -> list[str] | None:
        """The texts as a list if there are few."""
        return _listed(self.array) if len(self.array) <= _FEW else None

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if self.listed is not None:
            return self.listed[index]
        if isinstance(index, slice):
            return Texts(self.array[index])
        return str(self.array[index].as_py())

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self.blocks())

    def blocks(self) -> Iterator[list[str]]:
        """The texts in lists that take little memory at the same time."""
        if self.listed is not None:
            yield self.listed
            return
        for start in range(0, len(self.array), _BLOCK):
            yield _listed(self.array.slice(start, _BLOCK))

    def place_of(self, text: str) -> int:
        """The position of a text, -1 if it is not there."""
        return int(self.array.index(text).as_py())

    @property
    def plain_numbers(self) -> NDArray[np.float64] | None:
        """See `pipeline.data.cells.plain_numbers`. Many texts are read again at each access."""
        return self._read() if self.listed is None else self._numbers

    @cached_property
    def _numbers(self) -> NDArray[np.float64] | None:
        return self._read()

    def _read(self) -> NDArray[np.float64] | None:
        return self._finite_numbers() if self.have_only_signs_of_numbers else None

    @cached_property
    def have_only_signs_of_numbers(self) -> bool:
        """Whether the texts consist of digits, points, signs and the letter of an exponent."""
        return self._has_only(OF_NUMBERS)

    @cached_property
    def have_only_digits_and_points(self) -> bool:
        """Whether the texts consist of digits, points and signs."""
        return self._has_only(_OF_PLAIN_NUMBERS)

    def _has_only(self, characters: bytes) -> bool:
        """Whether the texts consist of these ASCII characters."""
        _, offsets, content = self.array.buffers()
        ends = np.frombuffer(offsets, np.int64, len(self.array) + 1, 8 * self.array.offset)
        used = memoryview(content)[ends[0] : ends[-1]]
        return not any(
            bytes(used[start : start + _BYTES]).translate(None, characters)
            for start in range(0, len(used), _BYTES)
        )

    def _finite_numbers(self) -> NDArray[np.float64] | None:
        """The texts as numbers, float64 of shape (texts,). None if one is not a finite number."""
        try:
            values = np.asarray(np.from_dlpack(self.array.cast("float64")), np.float64)
        except ValueError:  # Arrow takes no plus sign.
            return finite_numbers(self)
        return values if np.isfinite(values).all() else None


def finite_numbers(texts: Collection[str]) -> NDArray[np.float64] | None:
    """Some texts as numbers, float64 of shape (texts,). None if one is not a finite number."""
    try:
        values = np.fromiter(map(float, texts), np.float64, len(texts))
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


class Encoded(Sequence[str]):
    """The cells of a column. Equal cells have equal numbers.

    Args:
        texts: the different texts in order of appearance.
        numbers: for each row, the position of its text, int32 of shape (rows,).
    """

    def __init__(self, texts: Texts, numbers: Numbers) -> None:
        self.texts = texts
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        return self.texts[int(self.numbers[index])]

    def __iter__(self) -> Iterator[str]:
        texts = list(self.texts)
        return map(texts.__getitem__, self.numbers.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def take(self, rows: NDArray[np.int64]) -> "Encoded":
        """The cells of the rows with these numbers, in this order."""
        used, first, numbers = np.unique(self.numbers[rows], return_index=True, return_inverse=True)
        order = np.argsort(first)
        place = np.empty(len(order), dtype=np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        return Encoded(Texts(self.texts.array.take(used[order])), place[numbers])

    def __add__(self, other: "Encoded") -> "Encoded":
        import pyarrow

        joined = pyarrow.concat_arrays([self.texts.array, other.texts.array]).dictionary_encode()
        number = np.from_dlpack(joined.indices)
        own = len(self.texts)
        numbers = np.concatenate([number[:own][self.numbers], number[own:][other.numbers]])
        return Encoded(Texts(joined.dictionary), numbers)


class Levels(Sequence[str]):
    """The cells of a category.

    Args:
        texts: the different levels. Some may have no row.
        numbers: for each row, the position of its level, int32 of shape (rows,).
    """

    def __init__(self, texts: list[str], numbers: Numbers) -> None:
        self.texts = texts
        self.numbers = numbers

    @classmethod
    def of(cls, cells: Sequence[str], numbers: Numbers | None = None) -> "Levels":
        """Makes one level of equal texts.

        Args:
            cells: the texts of rows.
            numbers: for each row, the position of its text, if a text stands for several rows.
        """
        place: dict[str, int] = {}
        places = np.array([place.setdefault(text, len(place)) for text in cells], dtype=np.int32)
        return cls(list(place), places if numbers is None else places[numbers])

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return Levels(self.texts, self.numbers[index])
        return self.texts[int(self.numbers[index])]

    def __iter__(self) -> Iterator[str]:
        return map(self.texts.__getitem__, self.numbers.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def take(self, rows: NDArray[np.int64]) -> "Levels":
        """The levels of the rows with these numbers, in this order."""
        return Levels(self.texts, self.numbers[rows])

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each level has. Levels without a row are left out."""
        counts = np.bincount(self.numbers, minlength=len(self.texts)).tolist()
        return {text: count for text, count in zip(self.texts, counts, strict=True) if count}


class Counts(Mapping[str, int]):
    """How often each of many texts occurs.

    Args:
        counts: int64 of shape (texts,).
    """

    def __init__(self, texts: Texts, counts: NDArray[np.int64]) -> None:
        self.texts = texts
        self.counts = counts

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __getitem__(self, text: str) -> int:
        place = self.texts.place_of(text)
        if place < 0:
            raise KeyError(text)
        return int(self.counts[place])

    def items(self) -> ItemsView[str, int]:
        """The texts and their counts."""
        return _Items(self)

    def values(self) -> ValuesView[int]:
        """The counts."""
        return _Values(self)


class _Items(ItemsView[str, int]):
    _mapping: Counts

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return zip(self._mapping.texts, self._mapping.counts.tolist(), strict=True)


class _Values(ValuesView[int]):
    _mapping: Counts

    def __iter__(self) -> Iterator[int]:
        return iter(self._mapping.counts.tolist())


def different(cells: Sequence[str]) -> tuple[Sequence[str], Numbers]:
    """The different cells in order of appearance, and for each row the position of its own."""
    if isinstance(cells, Encoded):
        return cells.texts, cells.numbers
    if isinstance(cells, Texts):
        return cells, np.arange(len(cells), dtype=np.int32)
    place: dict[str, int] = {}
    numbers = [place.setdefault(cell, len(place)) for cell in cells]
    return list(place), np.array(numbers, dtype=np.int32)


def counts_of(cells: Sequence[str]) -> Mapping[str, int]:
    """How often each text without outer spaces occurs, in order of appearance."""
    texts, numbers = different(cells)
    counts = np.bincount(numbers, minlength=len(texts))
    if isinstance(texts, Texts) and (texts.have_only_signs_of_numbers or _are_stripped(texts)):
        return Counts(texts, counts)
    own = list(map(str.strip, texts))
    stripped = dict(zip(own, counts.tolist(), strict=True))
    if len(stripped) < len(own):
        stripped = dict.fromkeys(own, 0)
        for cell, count in zip(own, counts.tolist(), strict=True):
            stripped[cell] += count
    return stripped


def without(counts: Mapping[str, int], others: Collection[str]) -> Mapping[str, int]:
    """The counts of all texts but `others`."""
    if not others:
        return counts
    if isinstance(counts, Counts):
        mask = np.ones(len(counts), dtype=np.bool_)
        mask[[counts.texts.place_of(text) for text in others]] = False
        return Counts(Texts(counts.texts.array.filter(mask)), counts.counts[mask])
    return {text: count for text, count in counts.items() if text not in others}


def joined(parts: Sequence[Texts]) -> Texts:
    """The texts of all parts, one after the other. Equal texts stay."""
    import pyarrow

    return Texts(pyarrow.concat_arrays([part.array for part in parts]))


def chosen(texts: Sequence[str], mask: NDArray[np.bool_]) -> Sequence[str]:
    """The texts where a mask of shape (texts,) is true."""
    if mask.all():
        return texts
    return Texts(texts.array.filter(mask)) if isinstance(texts, Texts) else [*compress(texts, mask)]


def _are_stripped(texts: Texts) -> bool:
    return all(list(map(str.strip, block)) == block for block in texts.blocks())


def _listed(array: Any) -> list[str]:
    texts: list[str] = array.to_pylist()
    return texts
