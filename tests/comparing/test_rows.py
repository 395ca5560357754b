"""Two models on the same rows."""

import numpy as np
import pytest

from pipeline import metrics
from pipeline.comparing import rows
from pipeline.evaluation import intervals
from tests.support.compared import classifier, regressor


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


def test_share_of_other_rows_has_no_coin():
    test = compared("recall/a", classifier(60, []), classifier(60, range(6)))
    assert test.mcnemar is None
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
def test_small_p_means_an_interval_without_zero(error):
    test = compared("mae", regressor(range(40), 1.0), regressor(range(40), error, seed=3))
    low, high = test.difference.interval
    assert test.p >= 0.05 or low > 0 or high < 0


def test_too_few_rows_have_no_p():
    test = compared("mae", regressor(range(5), 1.0), regressor(range(5), 9.0))
    assert (test.p, test.difference.interval) == (None, None)


@pytest.mark.parametrize(("error", "is_bound"), [(9.0, True), (1.2, False)])
def test_smallest_p_of_the_draws_is_a_bound(error, is_bound):
    test = compared("mae", regressor(range(50), 1.0), regressor(range(50), error, seed=2))
    assert (test.p == 2 / 2001, test.is_bound) == (is_bound, is_bound)
