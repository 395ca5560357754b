"""Tests whether trainings on the same splits or folds differ by more than luck."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from pipeline.comparing import rounding
from pipeline.evaluation.intervals import CONFIDENCE
from pipeline.metrics import Interval


@dataclass(frozen=True)
class SplitsTest:
    """Two groups of trainings by one metric.

    Args:
        difference: the mean over the splits, the first minus the second.
        interval: its 95 % limits.
        p: two-sided.
    """

    difference: float
    interval: Interval
    p: float


def compare_splits(one: Sequence[float], other: Sequence[float], *, ratio: float) -> SplitsTest:
    """Tests paired differences by the corrected resampled t test.

    Splits share rows, so their differences depend on each other. The variance of the mean of J of
    them is (1 / J + ratio) times that of one (Nadeau and Bengio, *Inference for the generalization
    error*, Machine Learning 52, 2003). Bouckaert and Frank (2004) recommend the test for folds,
    too.

    Args:
        one, other: a value for each of two or more splits, in the same order.
        ratio: the test rows of a split, divided by its training rows.
    """
    differences = np.asarray(one, float) - np.asarray(other, float)
    count, difference = len(differences), float(differences.mean())
    noise = 2 * rounding.variance(rounding.step(one, other))  # both values are rounded
    variance = float(np.var(differences, ddof=1)) + noise
    error = math.sqrt(variance * (1 / count + ratio))
    if error == 0:
        return SplitsTest(difference, (difference, difference), 1.0)  # all values are equal
    margin = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * error
    p = 2 * float(stdtr(count - 1, -abs(difference) / error))
    return SplitsTest(difference, (difference - margin, difference + margin), p)
