"""The user's own metrics, and those of Keras by their names."""

from pathlib import Path

import numpy as np
import pytest

from pipeline import metrics
from pipeline.config.metrics import Direction, direction_of
from pipeline.metrics import UndefinedError
from pipeline.models.scores import ClassScores, NumberScores
from tests.support import refusals

TEXT = """
import numpy as np

def shapes(y_true, y_pred):
    return y_true.shape[1] * 10 + y_pred.shape[1]

def by_row(y_true, y_pred):
    return np.abs(y_true - y_pred)

def wide(y_true, y_pred):
    return np.zeros((3, 7))

def undefined(y_true, y_pred):
    return float("nan")

def failing(y_true, y_pred):
    return y_true.gone

def with_argument(y_true, y_pred, price):
    return price
"""
KEY = "training.metrics"
PROBABILITIES = np.array([[0.75, 0.25], [0.5, 0.5]])
TWO = ClassScores(np.array([0, 1]), np.log(PROBABILITIES), ["no", "yes"])
THREE = ClassScores(np.array([0, 2]), np.log(np.full((2, 3), 1 / 3)), ["a", "b", "c"])
NUMBERS = NumberScores(np.array([1.0, 2.0]), np.array([1.5, 4.0]))


@pytest.fixture(autouse=True)
def _file(in_empty_folder):
    Path("mine.py").write_text(TEXT)


def value(name: str, scores) -> float:
    return metrics.named(name, key=KEY).value(scores)


@pytest.mark.parametrize(("scores", "expected"), [(TWO, 11), (THREE, 13), (NUMBERS, 11)])
def test_metric_sees_what_the_saved_model_predicts(scores, expected):
    assert value("mine.py:shapes", scores) == expected


def test_values_of_rows_are_averaged():
    assert value("mine.py:by_row", NUMBERS) == 1.25
    assert value("mine.py:by_row", TWO) == 0.375


def test_value_that_is_no_number_is_undefined():
    with pytest.raises(UndefinedError, match="not a finite number"):
        value("mine.py:undefined", NUMBERS)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "wide",
            "training.metrics gives neither one number nor one for each row. Received: shape "
            "(3, 7) of mine.py:wide for 2 rows. Return their mean.",
        ),
        (
            "failing",
            "training.metrics fails: mine.py:failing. Received: AttributeError: 'numpy.ndarray' "
            "object has no attribute 'gone' (mine.py, line 17). It is called with y_true of shape "
            "(2, 1) and y_pred of shape (2, 1), and returns a number, or one for each row.",
        ),
        (
            "with_argument",
            "training.metrics lacks an argument that mine.py:with_argument needs: price. "
            "Received: no arguments. Allowed: price.",
        ),
    ],
)
def test_metric_is_refused_in_one_line(name, message):
    assert refusals.refusal(value, f"mine.py:{name}", NUMBERS) == message


def test_metric_suits_every_task_and_has_no_direction():
    metric = metrics.named("mine.py:by_row", key=KEY)
    assert metric.suits("regression")
    assert metric.suits("classification")
    figure, key = "validation/mine.py:by_row", "training.early_stopping.monitor"
    assert direction_of(figure, Direction.min, key=key) is Direction.min
    assert refusals.refusal(direction_of, figure, None, key=key) == (
        "training.early_stopping.direction is needed, because your own metric does not say whether "
        f"larger is better. Received: {figure}. Set it to min or max."
    )


@pytest.mark.parametrize(
    ("name", "scores", "expected"),
    [
        ("MeanAbsoluteError", NUMBERS, 1.25),
        ("RootMeanSquaredError", NUMBERS, np.sqrt(2.125)),
        ("BinaryAccuracy", TWO, 0.5),
        ("AUC", TWO, 1.0),
        ("SparseCategoricalAccuracy", THREE, 0.5),
    ],
)
def test_metric_of_keras_is_measured(name, scores, expected):
    assert value(f"keras.metrics:{name}", scores) == pytest.approx(expected, abs=1e-6)


def test_metric_of_keras_for_other_labels_is_refused():
    text = refusals.refusal(value, "keras.metrics:CategoricalAccuracy", THREE)
    assert text.startswith("training.metrics is not a metric of Keras for these predictions.")
    text = refusals.refusal(metrics.require_suited, "keras.metrics:AUC", ["a", "b", "c"], key=KEY)
    assert text == (
        "training.metrics names a metric that does not suit 3 classes. Received: "
        "keras.metrics:AUC. Choose a metric of this project, such as roc_auc, macro_f1 or accuracy."
    )
