"""Accuracy and log loss, against values by hand."""

import math

import numpy as np
import pytest

from pipeline.metrics import accuracy, log_loss
from pipeline.models.scores import ClassScores

THREE = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]])
OF_THREE = np.array([0, 1, 1, 2])


def scores(truth, probabilities) -> ClassScores:
    return ClassScores(np.array(truth), np.log(probabilities), ["a", "b", "c"])


def test_accuracy_is_the_share_of_hits():
    assert accuracy.METRIC.value(scores(OF_THREE, THREE)) == 0.75


def test_log_loss_is_the_mean_of_logarithms():
    value = log_loss.METRIC.value(scores(OF_THREE, THREE))
    assert value == pytest.approx(-math.log(0.7 * 0.6 * 0.4 * 0.6) / 4)


def test_log_loss_is_exact_for_a_probability_that_a_float_rounds_to_zero():
    certain = ClassScores(np.array([0, 1]), np.array([[-1000.0, 0.0], [-1000.0, 0.0]]), ["a", "b"])
    assert log_loss.METRIC.value(certain) == 500.0
