"""Equal rows, as numbers: rows with the same number are equal."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.preparing.inputs import Inputs
from pipeline.data.preparing.splits import Rows
from pipeline.data.preparing.statistics import blocks_of


def numbers_of_equal(values: NDArray[Any]) -> Rows:
    """For each row, the number of the first row with the same bytes, int64 of shape (rows,)."""
    digests = np.empty((len(values), 2), dtype=np.uint64)
    for row, content in enumerate(np.ascontiguousarray(values)):
        digest = hashlib.blake2b(content.tobytes(), digest_size=16).digest()
        digests[row] = np.frombuffer(digest, np.uint64)
    order = np.lexsort(digests.T)  # It is stable, so the first of equal rows comes first.
    is_new = np.ones(len(values), dtype=np.bool_)
    is_new[1:] = (digests[order[1:]] != digests[order[:-1]]).any(axis=1)
    numbers = np.empty(len(values), dtype=np.int64)
    numbers[order] = order[is_new][np.cumsum(is_new) - 1]
    return numbers


def with_target(features: Rows, target: NDArray[Any]) -> Rows:
    """For each row, the number of the first row with equal features and an equal target.

    Args:
        features: for each row, the number of the first row with equal features.
        target: shape (rows,), or (rows, targets).
    """
    columns = target.reshape(len(target), -1).T
    return numbers_of_equal(np.column_stack([features, *map(_levels, columns)]))


def levels_of(inputs: Inputs, *, rows: int) -> NDArray[np.int32]:
    """The cells of a table as numbers of their different values, int32 of shape (rows, columns).

    Equal cells of a column have equal numbers. Missing values equal each other.
    """
    numbers = list(inputs.numeric.values())
    levels = np.zeros((rows, len(numbers) + len(inputs.categorical)), dtype=np.int32)
    for places, values in blocks_of(numbers):
        levels[:, places] = _ranks(values).T
    for place, texts in enumerate(inputs.categorical.values(), start=len(numbers)):
        levels[:, place] = numbers_of_texts(texts)
    return levels


def _ranks(values: NDArray[np.float64]) -> NDArray[np.int32]:
    """For each number, how many different ones in its row are less. NaN equals NaN.

    Args:
        values: of shape (columns, rows).
    """
    order = np.argsort(values, axis=1)
    sorted_values = np.take_along_axis(values, order, axis=1)
    before, after = sorted_values[:, :-1], sorted_values[:, 1:]
    is_new = (before != after) & ~(np.isnan(before) & np.isnan(after))
    ranks = np.zeros(values.shape, dtype=np.int32)
    np.put_along_axis(ranks, order[:, 1:], np.cumsum(is_new, axis=1, dtype=np.int32), axis=1)
    return ranks


def numbers_of_texts(texts: Sequence[str]) -> Rows:
    """For each text, the number of its value in order of appearance, int64 of shape (rows,)."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.int64)


def _levels(values: NDArray[Any]) -> Rows:
    levels: Rows = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return levels
