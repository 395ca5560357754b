"""Counts of rows that validation and test share with training."""

import numpy as np

from pipeline.data.preparing import overlap as module
from pipeline.data.preparing.overlap import overlap
from pipeline.data.preparing.splits import Splits

SPLITS = Splits(np.arange(6), np.arange(6, 8), np.arange(8, 12))
#                0  1  2  3  4  5  6  7  8  9 10 11
LIKES = np.array([0, 1, 2, 3, 4, 5, 0, 7, 1, 2, 7, 11])
COPIES = np.array([0, 1, 2, 3, 4, 5, 0, 7, 1, 9, 7, 11])


def counted(near=lambda _train, others: np.zeros(len(others), dtype=bool)) -> dict:
    return overlap(SPLITS, copies=COPIES, likes=LIKES, near=near)


def test_equal_rows_are_counted_with_and_without_the_target():
    assert counted() == {
        "validation": {"equal": 1, "other_target": 0, "near": 0, "compared": 1},
        "test": {"equal": 1, "other_target": 1, "near": 0, "compared": 2},
    }


def test_only_other_rows_can_be_near():
    assert counted(lambda _train, others: others == 11)["test"]["near"] == 1
    assert counted(lambda _train, others: others < 10)["test"]["near"] == 0


def test_rows_are_compared_with_all_of_training():
    seen = []
    counted(lambda train, others: seen.append(train.tolist()) or np.zeros(len(others), dtype=bool))
    assert seen == [[0, 1, 2, 3, 4, 5]] * 2


def test_many_rows_are_sampled_evenly(monkeypatch):
    monkeypatch.setattr(module, "MOST_PAIRS", 6 * 5)
    splits = Splits(np.arange(6), np.arange(6, 8), np.arange(8, 108))
    seen = []
    result = overlap(
        splits,
        copies=np.arange(108),
        likes=np.arange(108),
        near=lambda _train, others: (
            seen.append(others.tolist()) or np.ones(len(others), dtype=bool)
        ),
    )
    assert seen[1] == [8, 32, 57, 82, 107]
    assert result["test"] == {"equal": 0, "other_target": 0, "near": 5, "compared": 5}
