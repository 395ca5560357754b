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


def test_equal_differences_of_few_splits_decide_nothing():
    assert splits.compare_splits([0.9, 0.9], [0.8, 0.8], ratio=0.25).p > 0.05
