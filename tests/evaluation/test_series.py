"""Means over seeds, splits and folds, and the interval over splits."""

import math

import numpy as np
import pytest

from pipeline.evaluation.series import corrected_interval, over_seeds, over_splits
from tests.simulations.splits import INTERVALS, Case, coverage


def test_two_splits_have_the_corrected_interval():
    low, high = corrected_interval([0.0, 2.0], 0.25)
    # The variance of a value is 2, of the mean (1 / 2 + 1 / 4) * 2; 12.706 is the 97.5 % quantile.
    margin = 12.706204736 * math.sqrt(1.5)
    assert (low, high) == pytest.approx((1 - margin, 1 + margin), abs=1e-8)


def test_interval_of_a_published_formula():
    """Ten values with a ratio of 1 to 9, as in Nadeau and Bengio's formula with J = 10."""
    values = [float(value) for value in range(10)]
    low, high = corrected_interval(values, 1 / 9)
    deviation = np.std(values, ddof=1)
    assert high - low == pytest.approx(2 * 2.262157163 * deviation * math.sqrt(1 / 10 + 1 / 9))


def test_seeds_of_one_split_have_no_interval():
    assert over_seeds([{"mse": 1.0}, {"mse": 3.0}]) == {
        "mean": {"mse": 2.0},
        "sd": {"mse": pytest.approx(math.sqrt(2))},
    }


def test_each_metric_has_its_own_interval():
    result = over_splits([{"mse": 0.0, "r2": 0.5}, {"mse": 2.0, "r2": 0.5}], ratio=0.25)
    assert (result["mean"], result["sd"]["r2"]) == ({"mse": 1.0, "r2": 0.5}, 0.0)
    assert (result["low"]["r2"], result["high"]["r2"]) == (0.5, 0.5)
    assert result["low"]["mse"] < 0 < 2 < result["high"]["mse"]


@pytest.mark.parametrize("other", [{}, {"auc": math.nan}])
def test_metric_that_a_run_lacks_has_no_mean(other):
    runs = [{"mse": 1.0, "auc": 0.5}, {"mse": 2.0, **other}]
    assert list(over_seeds(runs)["mean"]) == ["mse"]
    assert list(over_splits(runs, ratio=0.3)["low"]) == ["mse"]


@pytest.fixture(scope="module")
def over_ten_splits() -> dict[str, float]:
    return coverage(Case(100, 3, 10, "mse"), INTERVALS, samples=300)


def test_corrected_interval_holds_the_expected_result(over_ten_splits):
    assert over_ten_splits["corrected"] >= 0.93


def test_students_interval_over_splits_is_far_too_narrow(over_ten_splits):
    assert over_ten_splits["Student's t"] < 0.85


def test_corrected_interval_over_folds_is_safe():
    case = Case(100, 3, 5, "mse", folds=True)
    assert coverage(case, INTERVALS, samples=300)["corrected"] >= 0.93
