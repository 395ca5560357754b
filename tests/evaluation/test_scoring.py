"""Scores: every metric of a task with its interval."""

import numpy as np

from pipeline.evaluation.intervals import confidence_interval
from pipeline.evaluation.scoring import Scores
from pipeline.metrics import of_task
from tests.support import pinned_threads as pinned  # noqa: F401

LABELS = np.array([0, 1, 1, 2])
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]])
TARGETS, PREDICTIONS = np.array([1.0, 2.0, 6.0]), np.array([2.0, 2.0, 4.0])


def test_classification_has_all_its_metrics():
    scores = Scores("classification", LABELS, PROBABILITIES)
    assert list(scores.metrics()) == list(of_task("classification"))
    assert scores.metrics()["accuracy"] == 0.75


def test_regression_has_all_its_metrics():
    scores = Scores("regression", TARGETS, PREDICTIONS)
    assert list(scores.metrics()) == list(of_task("regression"))
    assert scores.metrics()["mae"] == 1.0


def test_every_metric_has_its_interval():
    scores = Scores("regression", TARGETS, PREDICTIONS)
    assert scores.intervals(seed=1) == {
        name: confidence_interval(metric, TARGETS, PREDICTIONS, seed=1)
        for name, metric in of_task("regression").items()
    }
