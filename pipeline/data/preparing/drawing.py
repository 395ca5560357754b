"""Draws the rows that scikit-learn's `train_test_split` draws with the same seed.

The steps are those of scikit-learn's `ShuffleSplit` and `StratifiedShuffleSplit`
(https://github.com/scikit-learn/scikit-learn/blob/1.9.0/sklearn/model_selection/_split.py).
Importing them takes longer than preparing a small table.
"""

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def drawn(rows: int, size: int, *, seed: int) -> Rows:
    """Draws `size` of the numbers below `rows`, in ascending order."""
    order: Rows = np.random.RandomState(seed).permutation(rows)
    return np.sort(order[:size])


def drawn_by_class(labels: NDArray[np.int32], size: int, *, seed: int) -> Rows:
    """Draws `size` row numbers with the same share of each class, in ascending order.

    Args:
        labels: the class of each row, shape (rows,).

    Raises:
        ValueError: the draw, or the rest, has fewer rows than there are classes, or a class has one
            row.
    """
    _, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    smaller = min(size, len(labels) - size)
    if smaller < len(counts):
        raise ValueError(f"{smaller:,} rows for {len(counts):,} classes")
    if counts.min() < 2:
        raise ValueError("a class with 1 row")
    rows_of_class = np.split(np.argsort(place, kind="stable"), np.cumsum(counts)[:-1])
    random = np.random.RandomState(seed)
    others = _shares(counts, len(labels) - size, random)
    chosen = _shares(counts - others, size, random)
    parts = [
        rows[random.permutation(len(rows))][first : first + count]
        for rows, first, count in zip(rows_of_class, others, chosen, strict=True)
    ]
    chosen_rows: Rows = np.sort(np.concatenate(parts))
    return chosen_rows


def _shares(counts: Rows, size: int, random: np.random.RandomState) -> Rows:
    """How many of `size` rows each class gets. A random draw decides between equal remainders."""
    exact = counts / counts.sum() * size
    shares = np.floor(exact)
    missing, remainders = int(size - shares.sum()), exact - shares
    for value in np.unique(remainders)[::-1]:
        if missing == 0:
            break
        (classes,) = np.where(remainders == value)
        count = min(len(classes), missing)
        shares[random.choice(classes, size=count, replace=False)] += 1
        missing -= count
    whole: Rows = shares.astype(np.int64)
    return whole
