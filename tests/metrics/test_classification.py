"""Accuracy and log loss, against values by hand."""

import math

import numpy as np
import pytest

from pipeline.metrics import accuracy, log_loss

THREE = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]])
OF_THREE = np.array([0, 1, 1, 2])
TWO = np.array([[0.9], [0.2], [0.5], [0.4]])
OF_TWO = np.array([1, 0, 0, 1])


@pytest.mark.parametrize(
    ("truth", "prediction", "share"), [(OF_THREE, THREE, 0.75), (OF_TWO, TWO, 0.5)]
)
def test_accuracy_is_the_share_of_hits(truth, prediction, share):
    assert accuracy.METRIC.value(truth, prediction) == share


@pytest.mark.parametrize(
    ("truth", "prediction", "product"),
    [(OF_THREE, THREE, 0.7 * 0.6 * 0.4 * 0.6), (OF_TWO, TWO, 0.9 * 0.8 * 0.5 * 0.4)],
)
def test_log_loss_is_the_mean_of_logarithms(truth, prediction, product):
    assert log_loss.METRIC.value(truth, prediction) == pytest.approx(-math.log(product) / 4)


@pytest.mark.parametrize("metric", [accuracy.METRIC, log_loss.METRIC])
def test_one_and_two_columns_give_equal_values(metric):
    two_columns = np.hstack([1 - TWO - 1e-12, TWO])
    assert metric.value(OF_TWO, TWO) == pytest.approx(metric.value(OF_TWO, two_columns))


def test_log_loss_of_probability_zero_is_finite():
    value = log_loss.METRIC.value(np.array([0]), np.array([[0.0, 1.0]]))
    assert value == pytest.approx(-math.log(1e-7))
