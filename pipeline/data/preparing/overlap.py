"""Rows that validation and test share with training, exactly or nearly."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.data.preparing.nearness import Mask
from pipeline.data.preparing.splits import Rows, Splits

# Pairs of a training row and another that are compared for nearness. More take minutes.
MOST_PAIRS = 1_000_000_000


def overlap(
    splits: Splits, *, copies: Rows, likes: Rows, near: Callable[[Rows, Rows], Mask]
) -> dict[str, Any]:
    """Counts the rows of each split that training has as well.

    Args:
        copies: rows with the same number are equal in features and target.
        likes: rows with the same number are equal in their features.
        near: tells which rows nearly equal a training row, by row numbers of training and others.

    Returns:
        For `validation` and `test`: `equal`, the rows that equal a training row; `other_target`,
        those that equal one except for the target; `near`, those that nearly equal one; and
        `compared`, the rows that were compared for the latter.
    """
    return {
        split: _counts(splits.train, rows, copies, likes, near)
        for split, rows in splits.items()
        if split != "train"
    }


def _counts(
    train: Rows,
    rows: Rows,
    copies: Rows,
    likes: Rows,
    near: Callable[[Rows, Rows], Mask],
) -> dict[str, int]:
    equal = np.isin(copies[rows], copies[train])
    alike = np.isin(likes[rows], likes[train])
    compared = _spread(rows[~alike], MOST_PAIRS // len(train))
    return {
        "equal": int(equal.sum()),
        "other_target": int((alike & ~equal).sum()),
        "near": int(near(train, compared).sum()) if len(compared) else 0,
        "compared": len(compared),
    }


def _spread(rows: Rows, most: int) -> Rows:
    """At most so many rows, evenly spread."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, max(most, 1)).astype(np.int64)]
