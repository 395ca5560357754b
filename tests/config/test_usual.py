"""The losses and metrics that null stands for."""

from collections.abc import Sequence

import pytest

from pipeline.config import usual
from pipeline.config.data import Task
from pipeline.config.training import EarlyStopping, ReduceOnPlateau, Training

CLASSES, NUMBERS = Task.classification, Task.regression


def measured(
    task: Task, loss: str | None = None, several: Sequence[str] = (), **settings
) -> list[str]:
    training = Training(epochs=1, loss=loss, **settings)
    return usual.measured_metrics(training, task, usual.possible_losses(training, task), several)


def test_each_task_has_its_usual_metrics():
    assert measured(CLASSES) == ["accuracy", "log_loss"]
    assert measured(NUMBERS) == ["mae", "mse", "r2"]


@pytest.mark.parametrize(
    ("task", "loss", "metric"),
    [
        (CLASSES, None, ["log_loss"]),
        (CLASSES, "categorical_crossentropy", ["log_loss"]),
        (CLASSES, "perceptron", []),
        (NUMBERS, None, ["mse"]),
        (NUMBERS, "mean_absolute_error", ["mae"]),
        (NUMBERS, "quantile", ["pinball/0.5"]),
    ],
)
def test_loss_metric_is_measured_with_listed_ones(task, loss, metric):
    assert measured(task, loss, metrics=[]) == metric


def test_metric_of_the_loss_has_its_arguments():
    arguments = {"level": 0.9}
    assert measured(NUMBERS, "quantile", loss_arguments=arguments, metrics=["r2"]) == [
        "r2",
        "pinball/0.9",
    ]


def test_listed_metrics_come_first_and_once():
    assert measured(CLASSES, metrics=["log_loss", "accuracy"]) == ["log_loss", "accuracy"]


def test_monitored_metrics_are_measured():
    rules = {
        "early_stopping": EarlyStopping(monitor="validation/r2"),
        "reduce_on_plateau": ReduceOnPlateau(monitor="train/mae"),
    }
    assert measured(NUMBERS, metrics=[], **rules) == ["r2", "mae", "mse"]


def test_loss_without_probabilities_has_no_metric_of_them():
    assert measured(CLASSES, "perceptron") == ["accuracy"]


@pytest.mark.parametrize(
    ("several", "errors"),
    [("ab", ["mae/a", "mae/b"]), ("abcdef", [f"mae/{name}" for name in "abcdef"]), ("abcdefg", [])],
)
def test_up_to_six_targets_have_an_error_of_their_own(several, errors):
    assert measured(NUMBERS, several=several) == ["r2", *errors]


def test_only_labels_have_a_mean_over_several_targets():
    assert measured(Task.multi_label, several="ab") == ["macro_f1", "log_loss"]
    assert measured(Task.multi_label, several="ab", metrics=[]) == ["log_loss"]
    assert measured(NUMBERS, several="ab", metrics=[]) == []
