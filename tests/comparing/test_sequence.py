"""The evidence after each seed, and the interval that it inverts to."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.comparing import rounding, sequence


def bayes_factor(t: float, count: int) -> float:
    """The marginal t of the alternative against that of the null, by numeric integration."""
    effects = np.linspace(-12, 12, 4801)
    likelihoods = stats.nct.pdf(t, count - 1, effects * math.sqrt(count))
    weighted = likelihoods * stats.norm.pdf(effects)
    return float(np.sum(weighted) * (effects[1] - effects[0]) / stats.t.pdf(t, count - 1))


@pytest.mark.parametrize("count", [2, 5])
def test_evidence_is_a_t_test_bayes_factor(count):
    one = [0.13, 1.97, 0.71, 1.22, 0.49][:count]
    state = sequence.standing(one, [0.0] * count)
    step = rounding.step(one, [0.0])
    error = math.sqrt((np.var(one, ddof=1) + step**2 / 6) / count)
    assert state.e == pytest.approx(bayes_factor(np.mean(one) / error, count), rel=1e-4)


def test_one_seed_is_no_evidence():
    assert sequence.standing([0.9], [0.5]) == sequence.Standing(1, 0.4, None, 1.0)


def test_limits_are_the_differences_of_twenty_to_one():
    one = [2.0, 3.0, 5.0, 6.0, 9.0, 4.0]
    for limit in sequence.standing(one, [1.0] * 6).interval:
        # Shifted values have other gaps to 0, so their rounding differs a little.
        moved = sequence.standing(one, [1.0 + limit] * 6)
        assert moved.e == pytest.approx(20, rel=0.1)


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
