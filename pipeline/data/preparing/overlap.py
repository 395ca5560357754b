"""Rows that validation and test share with training, exactly or nearly."""

from collections.abc import Callable

import numpy as np

from pipeline.data.preparing.nearness import Mask
from pipeline.data.preparing.splits import Rows, Splits


def overlap(
    splits: Splits,
    *,
    copies: Rows,
    likes: Rows,
    near: Callable[[Rows, Rows], Mask],
    most_pairs: int | None = None,
) -> dict[str, dict[str, int]]:
    """Counts the rows of each split that training has as well.

    Args:
        copies: rows with the same number are equal in features and target.
        likes: rows with the same number are equal in their features.
        near: takes the numbers of training rows and of others. Says which others nearly equal a
            training row.
        most_pairs: the pairs of a training row and another that are compared for nearness. A split
            with more is sampled. None compares all.

    Returns:
        For `validation` and `test`: `equal`, the rows that equal a training row; `other_target`,
        those that equal one except for the target; `near`, those that nearly equal one; and
        `compared`, the rows that were compared for the latter.
    """
    train, tested = splits.train, {"validation": splits.validation, "test": splits.test}
    compared = {
        split: _sampled(rows[~np.isin(likes[rows], likes[train])], len(train), most_pairs)
        for split, rows in tested.items()
    }
    # Both splits are compared at once, because preparing the training rows takes a while.
    is_near = near(train, np.concatenate(list(compared.values())))
    parts = np.split(is_near, [len(compared["validation"])])
    return {
        split: {
            "equal": (equal := _count(rows, train, copies)),
            "other_target": _count(rows, train, likes) - equal,
            "near": int(part.sum()),
            "compared": len(compared[split]),
        }
        for (split, rows), part in zip(tested.items(), parts, strict=True)
    }


def _count(rows: Rows, train: Rows, numbers: Rows) -> int:
    """How many rows have the number of a training row."""
    return int(np.isin(numbers[rows], numbers[train]).sum())


def _sampled(rows: Rows, train: int, most_pairs: int | None) -> Rows:
    """All rows, or an evenly spread sample if there are too many pairs."""
    if most_pairs is None or len(rows) * train <= most_pairs:
        return rows
    count = max(most_pairs // train, 1)
    return rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]
