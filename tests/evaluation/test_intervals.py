"""95 % confidence intervals, against values by hand and from the literature."""

import numpy as np
import pytest

from pipeline.evaluation.intervals import confidence_interval
from pipeline.metrics import accuracy, log_loss, mae, of_task
from pipeline.models.scores import ClassScores, NumberScores

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]])
OF_CLASSES = ClassScores(np.array([0, 1, 1, 2]), np.log(PROBABILITIES), ["a", "b", "c"])


def noisy() -> NumberScores:
    random = np.random.default_rng(3)
    targets = random.normal(size=40)
    return NumberScores(targets, targets + random.normal(0, 0.5, 40))


def of_hits(hits: int, rows: int) -> tuple[float, float]:
    probabilities = np.array([[0.9, 0.1]] * hits + [[0.1, 0.9]] * (rows - hits))
    scores = ClassScores(np.zeros(rows, dtype=np.int64), np.log(probabilities), ["a", "b"])
    return confidence_interval(accuracy.METRIC, scores, seed=1)


def test_interval_of_accuracy_is_wilsons():
    """8 of 10: 0.4902 to 0.9433, as in Brown, Cai and DasGupta 2001 by their formula (4)."""
    assert of_hits(8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-5)


def test_interval_of_perfect_accuracy_ends_at_one():
    assert of_hits(10, 10) == pytest.approx((1 / (1 + 1.959964**2 / 10), 1.0), abs=1e-6)


@pytest.mark.parametrize("name", ["mae", "mse", "r2"])
def test_interval_of_a_regression_contains_the_value(name):
    metric = of_task("regression")[name]
    low, high = confidence_interval(metric, noisy(), seed=1)
    assert low < metric.value(noisy()) < high


def test_interval_of_log_loss_contains_the_value():
    low, high = confidence_interval(log_loss.METRIC, OF_CLASSES, seed=1)
    assert low < log_loss.METRIC.value(OF_CLASSES) < high


def test_bootstrap_depends_only_on_its_seed():
    one, same, other = (confidence_interval(mae.METRIC, noisy(), seed=seed) for seed in (1, 1, 2))
    assert one == same != other


def test_both_ways_of_the_bootstrap_agree():
    """A metric by `compute` has the interval that it would have by `per_row`."""
    by_row = confidence_interval(mae.METRIC, noisy(), seed=1)
    whole = type(mae.METRIC)(
        task="regression",
        larger_is_better=False,
        compute=lambda scores: float(np.mean(np.abs(scores.truth - scores.prediction))),
    )
    assert confidence_interval(whole, noisy(), seed=1) == pytest.approx(by_row)


def test_bootstrap_of_a_mean_is_nearly_normal():
    targets = np.random.default_rng(0).normal(size=400)
    low, high = confidence_interval(mae.METRIC, NumberScores(targets, np.zeros(400)), seed=1)
    half = 1.96 * np.abs(targets).std() / 20
    assert high - low == pytest.approx(2 * half, rel=0.1)
