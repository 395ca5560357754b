"""Scores without probabilities."""

import numpy as np
import pytest

from pipeline.metrics import accuracy, log_loss
from pipeline.models.label_scores import LabelScores, NoProbabilitiesError

SCORES = LabelScores(np.array([0, 1, 2, 2]), np.array([0, 1, 1, 2]), ["a", "b", "c"])


def test_metric_of_classes_is_measured():
    assert accuracy.METRIC.value(SCORES) == 0.75


def test_some_rows_keep_their_classes():
    assert accuracy.METRIC.value(SCORES.take([2, 3])) == 0.5
    assert len(SCORES.take([2, 3])) == 2


def test_metric_of_probabilities_is_refused():
    with pytest.raises(NoProbabilitiesError):
        log_loss.METRIC.value(SCORES)
