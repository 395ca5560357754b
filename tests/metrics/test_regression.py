"""Errors of a regression, against values by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.metrics import mae, mse, r2
from pipeline.models.scores import NumberScores

TRUTH, PREDICTION = np.array([1.0, 2.0, 6.0]), np.array([2.0, 2.0, 4.0])


def test_values_are_those_by_hand():
    assert mse.METRIC.value(NumberScores(TRUTH, PREDICTION)) == pytest.approx(5 / 3)
    assert mae.METRIC.value(NumberScores(TRUTH, PREDICTION)) == 1.0
    assert r2.METRIC.value(NumberScores(TRUTH, PREDICTION)) == pytest.approx(1 - 5 / 14)


def test_perfect_prediction_explains_everything():
    assert [metric.METRIC.value(NumberScores(TRUTH, TRUTH)) for metric in (mse, mae, r2)] == [
        0.0,
        0.0,
        1.0,
    ]


@pytest.mark.parametrize(
    ("truth", "prediction"), [([1.0, 3.0], [2.0, 2.0]), ([2.0, 2.0], [2.0, 3.0])]
)
def test_mean_prediction_or_constant_target_explains_nothing(truth, prediction):
    assert r2.METRIC.value(NumberScores(np.array(truth), np.array(prediction))) == 0.0


@given(targets=st.lists(st.integers(-100, 100), min_size=2, max_size=20), shift=st.integers(-5, 5))
def test_mae_is_at_most_the_root_of_mse(targets, shift):
    truth = np.array(targets, dtype=float)
    prediction = truth + np.random.default_rng(abs(shift)).normal(shift, 1, len(truth))
    root = math.sqrt(mse.METRIC.value(NumberScores(truth, prediction)))
    assert mae.METRIC.value(NumberScores(truth, prediction)) <= root * (1 + 1e-9)
