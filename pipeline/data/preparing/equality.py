"""Equal rows, as numbers: rows with the same number are equal."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.preparing.inputs import Inputs
from pipeline.data.preparing.splits import Rows


def numbers_of_equal(values: NDArray[Any]) -> Rows:
    """For each row, the number of the first row with the same bytes, int64 of shape (rows,)."""
    first: dict[bytes, int] = {}
    numbers = np.empty(len(values), dtype=np.int64)
    for row, content in enumerate(np.ascontiguousarray(values)):
        digest = hashlib.blake2b(content.tobytes(), digest_size=16).digest()
        numbers[row] = first.setdefault(digest, row)
    return numbers


def with_target(features: Rows, target: NDArray[Any]) -> Rows:
    """For each row, the number of the first row with equal features and an equal target.

    Args:
        features: for each row, the number of the first row with equal features.
        target: shape (rows,), or (rows, targets).
    """
    columns = target.reshape(len(target), -1).T
    return numbers_of_equal(np.column_stack([features, *map(_levels, columns)]))


def levels_of(inputs: Inputs, *, rows: int) -> Rows:
    """The cells of a table as numbers of their different values, int64 of shape (rows, columns).

    Equal cells of a column have equal numbers. Missing values equal each other.
    """
    columns = [np.zeros(rows, dtype=np.int64)]  # there may be no column
    columns += [_levels(values) for values in inputs.numeric.values()]
    columns += [numbers_of_texts(texts) for texts in inputs.categorical.values()]
    return np.column_stack(columns)


def numbers_of_texts(texts: Sequence[str]) -> Rows:
    """For each text, the number of its value in order of appearance, int64 of shape (rows,)."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.int64)


def _levels(values: NDArray[Any]) -> Rows:
    levels: Rows = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return levels
