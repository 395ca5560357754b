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


def test_evidence_is_a_t_test_bayes_factor():
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
