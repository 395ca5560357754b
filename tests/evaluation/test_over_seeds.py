"""Means over seeds and their intervals."""

import math

import pytest

from pipeline.evaluation.over_seeds import mean_interval


def test_two_values_have_one_degree_of_freedom():
    mean, (low, high) = mean_interval([0.0, 2.0])
    # The standard error is 1, and 12.706 the 97.5 % quantile of Student's t.
    assert mean == 1.0
    assert high == pytest.approx(1 + 12.706204736, abs=1e-8)
    assert low == pytest.approx(1 - 12.706204736, abs=1e-8)


def test_five_values_have_the_interval_of_a_table():
    mean, (low, high) = mean_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert mean == 3.0
    assert high - mean == pytest.approx(2.776445105 * math.sqrt(2.5 / 5), abs=1e-8)
    assert mean - low == pytest.approx(high - mean)


def test_equal_values_have_an_interval_of_width_zero():
    assert mean_interval([0.1, 0.1, 0.1]) == (0.1, (0.1, 0.1))


def test_one_value_has_no_interval():
    with pytest.raises(ValueError, match="at least two"):
        mean_interval([1.0])
