"""The losses and metrics that `training.loss: null` and `training.metrics: null` stand for."""

from typing import Literal

from pipeline.config.data import Task
from pipeline.config.training import LOSSES, Training

TargetKind = Literal["several classes", "two classes", "a number"]

LOSS: dict[TargetKind, str] = {
    "several classes": "sparse_categorical_crossentropy",
    "two classes": "binary_crossentropy",
    "a number": "mean_squared_error",
}
METRICS = {Task.classification: ("accuracy",), Task.regression: ("mae", "mse")}

_TARGETS: dict[Task, tuple[TargetKind, ...]] = {
    Task.classification: ("several classes", "two classes"),
    Task.regression: ("a number",),
}


def possible_losses(training: Training, task: Task) -> list[str]:
    """The loss of the settings, or those that null may stand for in a task."""
    if training.loss is not None:
        return [training.loss]
    return [LOSS[target] for target in _TARGETS[task]]


def possible_metrics(training: Training, task: Task) -> set[str]:
    """The metrics that training may watch: those of the settings or of null, and of the loss."""
    names = METRICS[task] if training.metrics is None else training.metrics
    loss_metrics = {metric_of(loss) for loss in possible_losses(training, task)}
    return {*names, *(name for name in loss_metrics if name is not None)}


def metric_of(loss: str) -> str | None:
    """The metric that measures the plain mean of a loss over rows, if there is one."""
    metric: str | None = LOSSES.load(loss, key="training.loss").LOSS.metric
    return metric
