"""Equal rows, as numbers: rows with the same number are equal.

Rows are compared by digests of 128 bits. The digest of a row of a table is updated column by
column, so only one column has to be in memory.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.preparing.inputs import Inputs
from pipeline.data.preparing.splits import Rows

# Two bijections of 64 bits, the finishers of MurmurHash3 and SplitMix64:
# https://zimbry.blogspot.com/2011/09/better-bit-mixing-improving-on.html
_MIXERS = (
    (33, 0xFF51AFD7ED558CCD, 33, 0xC4CEB9FE1A85EC53, 33),
    (30, 0xBF58476D1CE4E5B9, 27, 0x94D049BB133111EB, 31),
)
_STEP = 0x9E3779B97F4A7C15  # so that a column of zeros changes the digest
_ROWS = 1 << 16  # rows whose digests are computed at the same time


def numbers_of_equal(values: NDArray[Any]) -> Rows:
    """For each row, the number of the first row with the same bytes, shape (rows,)."""
    digests = np.empty((len(values), 2), dtype=np.uint64)
    for row, content in enumerate(np.ascontiguousarray(values)):
        digest = hashlib.blake2b(content.tobytes(), digest_size=16).digest()
        digests[row] = np.frombuffer(digest, np.uint64)
    return _numbers([digests[:, 0].copy(), digests[:, 1].copy()])


def equal_rows(columns: Iterable[NDArray[Any]], *, rows: int) -> Rows:
    """For each row, the number of the first row with the same values, shape (rows,).

    The numbers are of 32 bits if they fit, because a large table has many rows.

    NaN equals NaN, and -0.0 equals 0.0.

    Args:
        columns: integers or floats, each of shape (rows,).
    """
    digests = [np.zeros(rows, dtype=np.uint64) for _ in _MIXERS]
    for column in columns:
        for start in range(0, rows, _ROWS):
            some = slice(start, start + _ROWS)
            bits = _bits(column[some])
            for digest, mixer in zip(digests, _MIXERS, strict=True):
                digest[some] = _mixed(digest[some] + np.uint64(_STEP) ^ bits, mixer)
    return _numbers(digests)


def _numbers(digests: list[NDArray[np.uint64]]) -> Rows:
    """For each row, the number of the first row with the same digests.

    Args:
        digests: each of shape (rows,). The list is emptied, so that they take no memory.
    """
    order = np.lexsort(digests)  # It is stable, so the first of equal rows comes first.
    is_new = np.zeros(len(order), dtype=np.bool_)
    is_new[:1] = True
    while digests:
        in_order = digests.pop()[order]
        is_new[1:] |= in_order[1:] != in_order[:-1]
        del in_order
    small: Any = np.int32 if len(order) < 1 << 31 else np.int64
    first = order[is_new].astype(small)
    numbers = np.cumsum(is_new, dtype=small)
    for start in range(0, len(numbers), _ROWS):
        some = slice(start, start + _ROWS)
        numbers[some] = first[numbers[some] - 1]
    del first
    result: Rows = np.empty(len(order), dtype=small)
    result[order] = numbers
    return result


def _bits(values: NDArray[Any]) -> NDArray[np.uint64]:
    """The bits of numbers. Equal numbers have equal bits."""
    if values.dtype.kind != "f":
        return values.astype(np.int64).view(np.uint64)
    numbers = values.astype(np.float64) + 0.0  # -0.0 becomes 0.0
    numbers[np.isnan(numbers)] = np.nan
    return numbers.view(np.uint64)


def _mixed(values: NDArray[np.uint64], mixer: tuple[int, int, int, int, int]) -> NDArray[np.uint64]:
    """Values in which each bit depends on all bits."""
    first, factor, second, other_factor, third = map(np.uint64, mixer)
    values = (values ^ (values >> first)) * factor
    values = (values ^ (values >> second)) * other_factor
    return values ^ (values >> third)


def with_target(features: Rows, target: NDArray[Any]) -> Rows:
    """For each row, the number of the first row with equal features and an equal target.

    Args:
        features: for each row, the number of the first row with equal features.
        target: shape (rows,), or (rows, targets).
    """
    columns = target.reshape(len(target), -1).T
    return equal_rows([features, *columns], rows=len(target))


def equal_inputs(inputs: Inputs, *, rows: int) -> Rows:
    """For each row of a table, the number of the first row with equal cells.

    Missing values equal each other.
    """
    columns: Iterator[NDArray[Any]] = chain(
        map(np.asarray, inputs.numeric.values()),
        (levels.numbers for levels in inputs.categorical.values()),
    )
    return equal_rows(columns, rows=rows)


def numbers_of_texts(texts: Sequence[str]) -> Rows:
    """For each text, the number of its value in order of appearance, int64 of shape (rows,)."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.int64)
