"""Two groups on the same splits."""

import math

import numpy as np
import pytest
from scipy import stats

from pipeline.comparing import splits


def test_splits_have_the_corrected_t():
    one, other = [0.91, 0.84, 0.88, 0.95], [0.85, 0.83, 0.8, 0.88]
    test = splits.compare_splits(one, other, ratio=0.25)
    differences = np.subtract(one, other)
    step = 0.01
    error = math.sqrt((differences.var(ddof=1) + step**2 / 6) * (1 / 4 + 0.25))
    assert test.difference == pytest.approx(differences.mean())
    assert test.p == pytest.approx(2 * stats.t.sf(differences.mean() / error, 3))
    margin = stats.t.ppf(0.975, 3) * error
    assert test.interval == pytest.approx((test.difference - margin, test.difference + margin))


def test_order_of_the_names_changes_only_the_sign():
    one, other = [0.91, 0.84, 0.88], [0.85, 0.83, 0.8]
    test = splits.compare_splits(one, other, ratio=0.25)
    mirrored = splits.compare_splits(other, one, ratio=0.25)
    low, high = mirrored.interval
    assert (test.interval, test.p) == (pytest.approx((-high, -low)), pytest.approx(mirrored.p))


def test_equal_values_have_no_winner():
    test = splits.compare_splits([0.9, 0.9], [0.9, 0.9], ratio=0.25)
    assert test == splits.SplitsTest(0.0, (0.0, 0.0), 1.0)


def test_equal_differences_of_few_splits_decide_nothing():
    assert splits.compare_splits([0.9, 0.9], [0.8, 0.8], ratio=0.25).p > 0.05
