"""Two groups of seeds, by exact values and against scipy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.comparing import seeds

GROUPS = st.lists(st.integers(0, 100).map(float), min_size=2, max_size=5)


def test_permutation_of_separate_groups_is_the_smallest():
    test = seeds.compare_seeds([1, 2, 3, 4], [5, 6, 7, 8])
    assert test.permutation_p == test.smallest_p == pytest.approx(2 / 70)
    assert test.is_exact


def test_three_and_three_seeds_cannot_decide():
    assert seeds.smallest_p(3, 3) == pytest.approx(0.1)
    assert seeds.compare_seeds([1, 1.1, 1.2], [5, 5.1, 5.2]).p == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("one", "other", "smallest"), [(2, 3, 1 / 10), (4, 4, 2 / 70), (10, 10, 2 / 20_001)]
)
def test_smallest_p_is_that_of_the_most_extreme_way(one, other, smallest):
    assert seeds.smallest_p(one, other) == pytest.approx(smallest)


@given(GROUPS, GROUPS)
def test_permutation_p_is_that_of_scipy(one, other):
    if len(one) != len(other):  # only then the statistic orders as the difference does
        return

    def difference(first, second, axis):
        return np.mean(first, axis=axis) - np.mean(second, axis=axis)

    expected = stats.permutation_test((one, other), difference, n_resamples=math.inf).pvalue
    assert seeds.compare_seeds(one, other).permutation_p == pytest.approx(expected)


def test_interval_is_that_of_welch():
    one, other = [1.0, 2.5, 3.7, 4.1], [2.2, 7.9, 5.3]
    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    low, high = seeds.compare_seeds(one, other).interval
    assert (low, high) == pytest.approx(tuple(expected), abs=0.1)  # the rounding widens it


def test_interval_and_p_count_the_rounding():
    one, other = [0.1, 0.3, 0.3, 0.4], [0.5, 0.9, 0.6]
    variances = [(np.var(group, ddof=1) + 0.1**2 / 12) / len(group) for group in (one, other)]
    error = math.sqrt(sum(variances))
    degrees = sum(variances) ** 2 / (variances[0] ** 2 / 3 + variances[1] ** 2 / 2)
    test = seeds.compare_seeds(one, other)
    margin = stats.t.ppf(0.975, degrees) * error
    assert test.interval == pytest.approx((test.difference - margin, test.difference + margin))
    welch_p = 2 * stats.t.sf(abs(test.difference) / error, degrees)
    assert test.p == pytest.approx(max(welch_p, test.permutation_p))


def test_many_seeds_are_permuted_at_random():
    test = seeds.compare_seeds(list(range(10)), [value + 0.5 for value in range(10)])
    assert not test.is_exact
    assert test.permutation_p == pytest.approx(0.72, abs=0.02)


def test_equal_seeds_have_no_winner():
    test = seeds.compare_seeds([0.9] * 4, [0.9] * 4)
    assert (test.p, test.interval) == (1.0, (0.0, 0.0))
    assert seeds.effect_of([0.9] * 4, [0.9] * 4) is None


def test_effect_is_that_of_hedges():
    effect = seeds.effect_of([1, 2, 3, 4], [5, 6, 7, 8])
    assert effect.size == pytest.approx(-4 / math.sqrt(5 / 3) * (1 - 3 / 23))
    low, high = effect.interval
    assert low < effect.size < high < 0


@pytest.mark.parametrize("sign", [1, -1])
def test_limits_of_an_effect_are_those_of_the_noncentral_t(sign):
    one, other = [sign * value for value in (5, 6, 7, 8, 9)], [sign * value for value in (1, 3, 4)]
    t = stats.ttest_ind(one, other).statistic
    factor = math.sqrt(5 * 3 / 8) / (1 - 3 / (4 * 6 - 1))
    low, high = (limit * factor for limit in seeds.effect_of(one, other).interval)
    shares = (stats.nct.cdf(t, 6, low), stats.nct.cdf(t, 6, high))
    assert shares == pytest.approx((0.975, 0.025), abs=1e-6)


# Cohen (1988), table 2.4.1, for a two-sided test at 5 % with a power of 80 %.
@pytest.mark.parametrize(("effect", "count"), [(0.2, 394), (0.5, 64), (0.8, 26), (1.0, 17)])
def test_seeds_for_an_effect_are_those_of_cohen(effect, count):
    assert seeds.seeds_for(effect) == count


def test_large_effect_needs_what_the_permutation_needs():
    assert seeds.seeds_for(50.0) == 4
    assert seeds.seeds_for(50.0, level=0.05 / 6) == 5


def test_no_effect_needs_too_many_seeds():
    assert seeds.seeds_for(0.0) is None
