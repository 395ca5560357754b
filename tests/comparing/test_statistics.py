"""The tests behind a comparison, by exact values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline import metrics
from pipeline.comparing import rounding, rows, seeds, sequence, splits
from pipeline.comparing.holm import adjusted
from pipeline.evaluation import intervals
from tests.support.compared import classifier, regressor

GROUPS = st.lists(st.integers(0, 100).map(float), min_size=2, max_size=5)


def test_mcnemar_is_a_coin_on_rows_that_differ():
    one, other = np.array([True] * 8 + [False] * 4), np.array([True] * 2 + [False] * 10)
    assert rows.mcnemar(one, other) == rows.McNemar(6, 0, pytest.approx(2 / 64))


def test_mcnemar_of_equal_models_is_one():
    one = np.array([True, False])
    assert rows.mcnemar(one, one) == rows.McNemar(0, 0, 1.0)


def compared(name: str, one, other) -> rows.RowsTest:
    named = {name: metrics.named(name, key="metric")}
    return rows.compare_rows(named, one, {"other": other})["other"][name]


def test_share_takes_the_larger_p():
    test = compared("accuracy", classifier(60, []), classifier(60, range(6)))
    assert test.mcnemar == rows.McNemar(6, 0, pytest.approx(2 / 64))
    assert test.p >= test.mcnemar.p
    assert test.difference.value == pytest.approx(0.1)


def test_other_metrics_have_the_p_of_their_interval():
    one, other = regressor(range(50), 1.0), regressor(range(50), 3.0, seed=2)
    named = {"mae": metrics.named("mae", key="metric")}
    against = intervals.against(named, one, {"other": other}, seed=0)["other"]["mae"]
    test = compared("mae", one, other)
    assert (test.p, test.mcnemar) == (against.p, None)
    assert test.p < 0.05
    assert test.difference.interval[1] < 0


@pytest.mark.parametrize("error", [1.0, 1.2, 1.4, 1.6, 2.0])
def test_p_below_the_level_means_an_interval_without_zero(error):
    test = compared("mae", regressor(range(40), 1.0), regressor(range(40), error, seed=3))
    low, high = test.difference.interval
    assert test.p >= 0.05 or low > 0 or high < 0


def test_too_few_rows_have_no_p():
    test = compared("mae", regressor(range(5), 1.0), regressor(range(5), 9.0))
    assert (test.p, test.difference.interval) == (None, None)


def test_permutation_of_separate_groups_is_the_smallest():
    test = seeds.compare_seeds([1, 2, 3, 4], [5, 6, 7, 8])
    assert test.permutation_p == test.smallest_p == pytest.approx(2 / 70)
    assert test.is_exact


def test_three_and_three_seeds_cannot_decide():
    assert seeds.smallest_p(3, 3) == pytest.approx(0.1)
    assert seeds.compare_seeds([1, 1.1, 1.2], [5, 5.1, 5.2]).p == pytest.approx(0.1)


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


# Cohen (1988), table 2.4.1, for a two-sided test at 5 % with a power of 80 %.
@pytest.mark.parametrize(("effect", "count"), [(0.2, 394), (0.5, 64), (0.8, 26), (1.0, 17)])
def test_seeds_for_an_effect_are_those_of_cohen(effect, count):
    assert seeds.seeds_for(effect) == count


def test_large_effect_needs_what_the_permutation_needs():
    assert seeds.seeds_for(50.0) == 4
    assert seeds.seeds_for(50.0, level=0.05 / 6) == 5


def test_no_effect_needs_too_many_seeds():
    assert seeds.seeds_for(0.0) is None


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


def test_step_is_the_smallest_gap_of_all_values():
    assert rounding.step([0.9, 0.8], [0.8, 0.75, 0.9 + 1e-15]) == pytest.approx(0.05)
    assert rounding.step([0.9, 0.9], [0.9]) == 0.0


def test_holm_is_that_of_the_paper():
    assert adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_single_p_stays():
    assert adjusted([0.04]) == [0.04]


def bayes_factor(t: float, count: int) -> float:
    """The marginal t of the alternative against that of the null, by numeric integration."""
    effects = np.linspace(-12, 12, 4801)
    likelihoods = stats.nct.pdf(t, count - 1, effects * math.sqrt(count))
    weighted = likelihoods * stats.norm.pdf(effects)
    return float(np.sum(weighted) * (effects[1] - effects[0]) / stats.t.pdf(t, count - 1))


def test_evidence_is_the_bayes_factor_of_the_t_test():
    one = [0.13, 1.97, 0.71, 1.22, 0.49]
    state = sequence.standing(one, [0.0] * 5)
    step = rounding.step(one, [0.0])
    error = math.sqrt((np.var(one, ddof=1) + step**2 / 6) / 5)
    assert state.e == pytest.approx(bayes_factor(np.mean(one) / error, 5), rel=1e-4)


@given(st.lists(st.floats(-5, 5), min_size=6, max_size=12, unique=True), st.floats(-3, 3))
def test_interval_excludes_zero_as_soon_as_it_decides(values, shift):
    one = [value + shift for value in values]
    state = sequence.standing(one, [0.0] * len(one))
    assert state.decides == (not state.interval[0] <= 0 <= state.interval[1])


def test_fewer_than_five_seeds_never_decide():
    states = [sequence.standing([9.0 + i / 1e6 for i in range(n)], [0.0] * n) for n in range(1, 6)]
    assert [state.decides for state in states] == [False] * 4 + [True]


def test_equal_seeds_are_no_evidence():
    assert sequence.standing([0.9] * 9, [0.9] * 9).e == 1.0
