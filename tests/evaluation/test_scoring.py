"""Metrics and their intervals at toy scale, against values by hand and from the literature."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import metrics
from pipeline.evaluation.scoring import Scores

THREE = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]])
LABELS = np.array([0, 1, 1, 2])
TWO = np.array([[0.9], [0.2], [0.5], [0.4]])
NUMBERS = st.lists(st.integers(-100, 100), min_size=2, max_size=20)


def classification(labels, probabilities):
    return Scores("classification", labels, probabilities).metrics()


def classification_intervals(labels, probabilities, *, seed):
    return Scores("classification", labels, probabilities).intervals(seed=seed)


def regression(targets, predictions):
    return Scores("regression", targets, predictions).metrics()


def regression_intervals(targets, predictions, *, seed):
    return Scores("regression", targets, predictions).intervals(seed=seed)


def test_the_class_is_the_most_probable_one():
    assert metrics.predicted_classes(THREE).tolist() == [0, 1, 0, 2]


def test_of_two_classes_the_second_is_predicted_from_one_half():
    assert metrics.predicted_classes(TWO).tolist() == [1, 0, 1, 0]


def test_the_probability_of_the_second_class_gives_that_of_the_first():
    assert metrics.by_class(TWO) == pytest.approx(
        np.array([[0.1, 0.9], [0.8, 0.2], [0.5, 0.5], [0.6, 0.4]])
    )


def test_probabilities_of_all_classes_stay_as_they_are():
    assert metrics.by_class(THREE) is THREE


def test_accuracy_and_log_loss_of_three_classes():
    found = classification(LABELS, THREE)
    assert found == {
        "accuracy": 0.75,
        "log_loss": pytest.approx(-math.log(0.7 * 0.6 * 0.4 * 0.6) / 4),
    }


def test_accuracy_and_log_loss_of_two_classes():
    found = classification(np.array([1, 0, 0, 1]), TWO)
    assert found == {
        "accuracy": 0.5,
        "log_loss": pytest.approx(-math.log(0.9 * 0.8 * 0.5 * 0.4) / 4),
    }


def test_two_classes_are_measured_alike_in_one_column_and_in_two():
    one, two = (
        classification(np.array([1, 0, 0, 1]), TWO),
        classification(np.array([1, 0, 0, 1]), np.hstack([1 - TWO - 1e-12, TWO])),
    )
    assert one == pytest.approx(two)


def test_a_class_thought_impossible_costs_a_finite_loss():
    found = classification(np.array([0]), np.array([[0.0, 1.0]]))
    assert found["log_loss"] == pytest.approx(-math.log(1e-7))


def test_regression_by_hand():
    found = regression(np.array([1.0, 2.0, 6.0]), np.array([2.0, 2.0, 4.0]))
    assert found == {"mse": pytest.approx(5 / 3), "mae": 1.0, "r2": pytest.approx(1 - 5 / 14)}


def test_a_perfect_regression_explains_everything():
    exact = np.array([1.0, 2.0, 3.0])
    assert regression(exact, exact) == {"mse": 0.0, "mae": 0.0, "r2": 1.0}


def test_predicting_the_mean_explains_nothing():
    assert regression(np.array([1.0, 3.0]), np.array([2.0, 2.0]))["r2"] == 0.0


def test_targets_that_do_not_vary_leave_nothing_to_explain():
    assert regression(np.array([2.0, 2.0]), np.array([2.0, 3.0]))["r2"] == 0.0


@given(targets=NUMBERS, shift=st.integers(-5, 5))
def test_mean_absolute_error_is_never_above_the_root_of_mean_squared_error(targets, shift):
    random = np.random.default_rng(abs(shift))
    exact = np.array(targets, dtype=float)
    found = regression(exact, exact + random.normal(shift, 1, len(exact)))
    assert found["mae"] <= math.sqrt(found["mse"]) * (1 + 1e-9)


def test_the_interval_of_accuracy_is_wilsons():
    """8 of 10: 0.4902 to 0.9433, as in Brown, Cai and DasGupta 2001 by their formula (4)."""
    probabilities = np.array([[0.9, 0.1]] * 8 + [[0.1, 0.9]] * 2)
    found = classification_intervals(np.zeros(10, dtype=np.int64), probabilities, seed=1)
    assert found["accuracy"] == (pytest.approx(0.4902, abs=5e-5), pytest.approx(0.9433, abs=5e-5))


def test_an_accuracy_of_one_has_an_interval_that_ends_there():
    found = classification_intervals(
        np.zeros(10, dtype=np.int64), np.array([[0.9, 0.1]] * 10), seed=1
    )
    assert found["accuracy"][1] == 1.0
    assert found["accuracy"][0] == pytest.approx(1 / (1 + 1.959964**2 / 10), abs=1e-6)


def noisy() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    targets = random.normal(size=40)
    return targets, targets + random.normal(0, 0.5, 40)


def test_intervals_of_a_regression_contain_their_estimates():
    targets, predictions = noisy()
    found = regression_intervals(targets, predictions, seed=1)
    for name, value in regression(targets, predictions).items():
        assert found[name][0] < value < found[name][1]


def test_the_interval_of_log_loss_contains_its_estimate():
    found = classification_intervals(LABELS, THREE, seed=1)
    assert found["log_loss"][0] < classification(LABELS, THREE)["log_loss"] < found["log_loss"][1]


def test_the_bootstrap_repeats_itself_for_a_seed():
    one, same, other = (regression_intervals(*noisy(), seed=seed) for seed in (1, 1, 2))
    assert one == same != other


def test_the_bootstrap_of_the_mean_is_near_the_normal_interval():
    random = np.random.default_rng(0)
    targets = random.normal(size=400)
    found = regression_intervals(targets, np.zeros(400), seed=1)
    half = 1.96 * np.abs(targets).std() / 20
    assert found["mae"][1] - found["mae"][0] == pytest.approx(2 * half, rel=0.1)


def test_scores_of_a_classification_are_those_of_its_probabilities():
    scores = Scores("classification", LABELS, THREE)
    assert scores.metrics() == classification(LABELS, THREE)
    assert scores.intervals(seed=1) == classification_intervals(LABELS, THREE, seed=1)


def test_scores_of_a_regression_are_those_of_its_predictions():
    scores = Scores("regression", *noisy())
    assert scores.metrics() == regression(*noisy())
    assert scores.intervals(seed=1) == regression_intervals(*noisy(), seed=1)
