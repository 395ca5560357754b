"""Errors of a regression, against values by hand and against scikit-learn."""

import math

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import metrics
from pipeline.metrics import UndefinedError
from pipeline.models.scores import NumberScores
from tests.metrics.toy import numbers

SCORES = numbers([1.0, 2.0, 6.0], [2.0, 2.0, 4.0])


def value(name: str, scores: NumberScores = SCORES) -> float:
    return metrics.named(name, key="").value(scores)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mse", 5 / 3),
        ("rmse", math.sqrt(5 / 3)),
        ("mae", 1.0),
        ("median_ae", 1.0),
        ("mape", (1 + 0 + 1 / 3) / 3),
        ("r2", 1 - 5 / 14),
        ("pinball/0.9", (0.1 * 1 + 0 + 0.9 * 2) / 3),
    ],
)
def test_value_is_that_by_hand(name, expected):
    assert value(name) == pytest.approx(expected)


def test_mean_prediction_explains_nothing():
    assert value("r2", numbers([1.0, 3.0], [2.0, 2.0])) == 0.0


@pytest.mark.parametrize(
    ("name", "truth", "expected"),
    [
        ("r2", [2.0, 2.0], "the target is the same in all rows"),
        ("r2", [2.0], "one row has no variance"),
        ("mape", [0.0, 1.0, 0.0], "the target is 0 in 2 rows"),
        ("mape", [0.0, 1.0], "the target is 0 in 1 row"),
    ],
)
def test_undefined_metric_has_a_reason(name, truth, expected):
    with pytest.raises(UndefinedError) as caught:
        value(name, numbers(truth, [1.0] * len(truth)))
    assert str(caught.value) == expected


THEIRS = {
    "mse": sklearn.metrics.mean_squared_error,
    "rmse": sklearn.metrics.root_mean_squared_error,
    "mae": sklearn.metrics.mean_absolute_error,
    "median_ae": sklearn.metrics.median_absolute_error,
    "mape": sklearn.metrics.mean_absolute_percentage_error,
    "r2": sklearn.metrics.r2_score,
    "pinball/0.1": lambda y, p: sklearn.metrics.mean_pinball_loss(y, p, alpha=0.1),
}


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 30))
def test_values_are_those_of_scikit_learn(seed, rows):
    random = np.random.default_rng(seed)
    scores = NumberScores(random.normal(5, 1, rows), random.normal(5, 1, rows))
    for name, theirs in THEIRS.items():
        assert value(name, scores) == pytest.approx(theirs(scores.truth, scores.prediction)), name
