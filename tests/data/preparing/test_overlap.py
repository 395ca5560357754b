"""Counts of rows that validation and test share with training."""

from collections.abc import Callable

import numpy as np

from pipeline.data.preparing.overlap import overlap
from pipeline.data.preparing.splits import Splits

SPLITS = Splits(np.arange(6), np.arange(6, 8), np.arange(8, 12))
#                0  1  2  3  4  5  6  7  8  9 10 11
LIKES = np.array([0, 1, 2, 3, 4, 5, 0, 7, 1, 2, 7, 11])
COPIES = np.array([0, 1, 2, 3, 4, 5, 0, 7, 1, 9, 7, 11])


class Near:
    """Calls the rows near for which a test holds, and keeps what it was asked."""

    def __init__(self, test: Callable[[np.ndarray], np.ndarray]) -> None:
        self.test = test

    def __call__(self, train: np.ndarray, others: np.ndarray) -> np.ndarray:
        self.train, self.others = train.tolist(), others.tolist()
        return self.test(others)


NONE = Near(lambda others: others < 0)


def counted(near: Near = NONE) -> dict[str, dict[str, int]]:
    return overlap(SPLITS, copies=COPIES, likes=LIKES, near=near)


def test_equal_rows_are_counted_by_features_and_target():
    assert counted() == {
        "validation": {"equal": 1, "other_target": 0, "near": 0, "compared": 1},
        "test": {"equal": 1, "other_target": 1, "near": 0, "compared": 2},
    }


def test_near_rows_are_counted_in_their_split():
    counts = counted(Near(lambda others: others != 10))
    assert [counts[split]["near"] for split in ("validation", "test")] == [1, 1]


def test_only_rows_with_other_features_can_be_near():
    near = Near(lambda others: others < 0)
    counted(near)
    assert (near.train, near.others) == ([0, 1, 2, 3, 4, 5], [7, 10, 11])


def test_many_rows_are_sampled_evenly():
    splits = Splits(np.arange(6), np.arange(6, 8), np.arange(8, 108))
    near = Near(lambda others: others > 7)
    rows = np.arange(108)
    result = overlap(splits, copies=rows, likes=rows, near=near, most_pairs=6 * 5)
    assert near.others == [6, 7, 8, 32, 57, 82, 107]
    assert result["test"] == {"equal": 0, "other_target": 0, "near": 5, "compared": 5}
