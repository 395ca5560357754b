"""The order of rows in a file: whether it follows the target."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Fewer rows are too often in order by chance.
_LEAST_ROWS = 10
_CORRELATION = 0.9
# Rows in order have at most this share of the class changes of a random order.
_SHARE_OF_CHANGES = 0.1


def is_sorted_by_class(labels: NDArray[Any]) -> bool:
    """Whether the rows of each class follow each other, apart from a few."""
    if len(labels) < _LEAST_ROWS:
        return False
    counts = np.unique(labels, return_counts=True)[1]
    shares = counts / len(labels)
    changes = int((labels[1:] != labels[:-1]).sum())
    expected = len(labels) * (1 - float(shares @ shares))
    return len(counts) > 1 and changes <= max(len(counts) - 1, _SHARE_OF_CHANGES * expected)


def is_sorted_by_number(values: NDArray[np.float64]) -> bool:
    """Whether numbers rise or fall with the rows: their rank correlation is 0.9 or more.

    Uses Spearman's correlation, with average ranks for equal numbers. False if a number is missing.
    """
    if len(values) < _LEAST_ROWS or not np.isfinite(values).all():
        return False
    distinct, index, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(distinct) == 1:
        return False
    ranks = (counts.cumsum() - (counts - 1) / 2)[index]
    correlation = np.corrcoef(np.arange(len(values)), ranks)[0, 1]
    return bool(abs(correlation) >= _CORRELATION)
