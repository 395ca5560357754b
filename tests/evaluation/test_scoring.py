"""Scores: every metric of a task with its interval."""

import numpy as np

from pipeline.evaluation.intervals import confidence_interval
from pipeline.evaluation.scoring import intervals_of, metrics_of
from pipeline.metrics import of_task
from pipeline.models.scores import ClassScores, NumberScores
from tests.support import pinned_threads as pinned  # noqa: F401

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]])
OF_CLASSES = ClassScores(np.array([0, 1, 1, 2]), np.log(PROBABILITIES), ["a", "b", "c"])
OF_NUMBERS = NumberScores(np.array([1.0, 2.0, 6.0]), np.array([2.0, 2.0, 4.0]))


def test_classification_has_all_its_metrics():
    values = metrics_of(OF_CLASSES, "classification")
    assert list(values) == list(of_task("classification"))
    assert values["accuracy"] == 0.75


def test_regression_has_all_its_metrics():
    values = metrics_of(OF_NUMBERS, "regression")
    assert list(values) == list(of_task("regression"))
    assert values["mae"] == 1.0


def test_every_metric_has_its_interval():
    assert intervals_of(OF_NUMBERS, "regression", seed=1) == {
        name: confidence_interval(metric, OF_NUMBERS, seed=1)
        for name, metric in of_task("regression").items()
    }
