"""The choice among configurations, against the truth, on a small scale."""

import pytest

from tests.simulations.choice import over_seeds, over_splits


@pytest.fixture(scope="module")
def equal():
    """20 configurations that are all as good, with three seeds each."""
    return over_seeds(20, 3, 0.0, repetitions=60)


def test_interval_of_the_chosen_one_is_too_high(equal):
    assert equal.naive_misses > 0.1


def test_corrected_interval_holds_although_it_was_chosen(equal):
    assert equal.corrected_misses <= 0.05


def test_choice_flatters_by_a_standard_deviation(equal):
    assert equal.naive_bias == pytest.approx(1.05, abs=0.15)


def test_corrected_mean_is_free_of_the_luck(equal):
    assert equal.corrected_bias == pytest.approx(0.0, abs=0.15)


def test_truly_best_one_is_seldom_excluded():
    assert over_seeds(5, 3, 2.0, repetitions=60).best_excluded <= 0.05


@pytest.fixture(scope="module")
def equal_over_splits():
    """Five configurations that are all as good, on five splits of one table."""
    return over_splits(5, 5, 0.0, repetitions=150)


def test_splits_that_share_rows_are_not_independent(equal_over_splits):
    assert equal_over_splits.independent_excluded > 0.15


def test_equal_configurations_seldom_differ_over_splits(equal_over_splits):
    assert equal_over_splits.best_excluded <= 0.06


def test_corrected_interval_holds_over_splits(equal_over_splits):
    assert equal_over_splits.corrected_misses <= 0.06


def test_corrected_mean_has_no_luck_of_splits(equal_over_splits):
    assert equal_over_splits.naive_bias > 0.1
    assert equal_over_splits.corrected_bias == pytest.approx(0.0, abs=0.04)
