"""Names of metrics in settings: with arguments, and of probabilities."""

import pytest

from pipeline.config import usual
from pipeline.config.data import Task
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction, direction_of, metric_of, modules_of
from pipeline.config.training import EarlyStopping, Training
from tests.support.refusals import refusal

KEY = "training.early_stopping.monitor"


@pytest.mark.parametrize(
    ("figure", "metric", "direction"),
    [
        ("validation/roc_auc", "roc_auc", Direction.max),
        ("validation/recall/a/b c.é", "recall/a/b c.é", Direction.max),
        ("train/pinball/0.9", "pinball/0.9", Direction.min),
        ("validation/ece", "ece", Direction.min),
        ("validation/loss", None, Direction.min),
    ],
)
def test_figure_has_a_metric_and_a_direction(figure, metric, direction):
    assert metric_of(figure, key=KEY) == metric
    assert direction_of(figure, None, key=KEY) == direction


def test_contradicted_direction_names_the_figure():
    assert "max, because validation/recall/a is better if it is larger" in refusal(
        direction_of, "validation/recall/a", Direction.min, key=KEY
    )


def test_class_without_a_metric_is_refused():
    assert refusal(metric_of, "validation/recall", key=KEY) == (
        f"{KEY} is invalid. Received: recall. "
        "Expected: recall/<class>, where class is the name of a class of the data."
    )


def test_modules_are_named_once():
    assert modules_of(["recall/a", "accuracy", "recall/b/c"]) == ["recall", "accuracy"]


def test_monitored_class_metric_follows_the_usual_ones():
    training = Training(epochs=1, early_stopping=EarlyStopping(monitor="validation/recall/a"))
    measured = usual.measured_metrics(training, Task.classification, ["binary_crossentropy"])
    assert measured == ["accuracy", "log_loss", "recall/a"]


def test_probability_metrics_are_unusual_without_probabilities():
    training = Training(epochs=1, loss="perceptron")
    assert usual.measured_metrics(training, Task.classification, ["perceptron"]) == ["accuracy"]


@pytest.mark.parametrize(
    ("override", "key", "metric"),
    [
        ("training.metrics=[brier]", "training.metrics", "brier"),
        (f"{KEY}=validation/log_loss", KEY, "log_loss"),
    ],
)
def test_metric_of_probabilities_is_refused_without_them(in_repository, override, key, metric):
    overrides = ["data=pairs", "training.loss=perceptron", override]
    assert refusal(compose_experiment, overrides, conf=in_repository / "conf") == (
        f"command line: {key} names a metric of probabilities, "
        "and a model with this loss gives none. "
        f"Received: {metric} with training.loss=perceptron. "
        "Choose another metric, such as accuracy or roc_auc."
    )


@pytest.mark.parametrize(
    ("direction", "value", "on", "by", "improves"),
    [
        (Direction.min, 0.5, None, 0.0, True),
        (Direction.min, 0.5, 1.0, 0.25, True),
        (Direction.min, 0.75, 1.0, 0.25, False),
        (Direction.min, 1.5, 1.0, 0.25, False),
        (Direction.max, 1.5, 1.0, 0.25, True),
        (Direction.max, 1.25, 1.0, 0.25, False),
        (Direction.max, 0.5, 1.0, 0.25, False),
    ],
)
def test_value_improves_by_more_than_a_step(direction, value, on, by, improves):
    assert direction.improves(value, on=on, by=by) is improves
