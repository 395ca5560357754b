"""The losses and metrics that `training.loss: null` and `training.metrics: null` stand for."""

from collections.abc import Sequence
from typing import Literal

from pipeline import metrics
from pipeline.config.data import Task
from pipeline.config.metrics import metric_of as metric_in
from pipeline.config.training import Training

TargetKind = Literal["several classes", "two classes", "a number", "several labels"]

LOSS: dict[TargetKind, str] = {
    "several classes": "sparse_categorical_crossentropy",
    "two classes": "binary_crossentropy",
    "a number": "mean_squared_error",
    "several labels": "binary_crossentropy",
}
METRICS = {
    Task.classification: ("accuracy", "log_loss"),
    Task.regression: ("mae", "mse", "r2"),
    Task.multi_label: ("macro_f1", "log_loss"),
}
_MOST_TARGETS = 6  # with more, no target has a usual metric of its own

_TARGETS: dict[Task, tuple[TargetKind, ...]] = {
    Task.classification: ("several classes", "two classes"),
    Task.regression: ("a number",),
    Task.multi_label: ("several labels",),
}


def possible_losses(training: Training, task: Task) -> list[str]:
    """The loss of the settings, or those that null may stand for in a task."""
    if training.loss is not None:
        return [training.loss]
    return [LOSS[target] for target in _TARGETS[task]]


def usual_metrics(task: Task, several: Sequence[str]) -> tuple[str, ...]:
    """The metrics of `training.metrics: null`, the preferred ones first.

    Errors of several targets have no mean, because each is in the unit of its target.

    Args:
        several: the names of the targets if there are several; otherwise none.
    """
    if task is not Task.regression or not several:
        return METRICS[task]
    each = several if len(several) <= _MOST_TARGETS else ()
    return ("r2", *(f"mae/{name}" for name in each))


def measured_metrics(
    training: Training, task: Task, losses: Sequence[str], several: Sequence[str] = ()
) -> list[str]:
    """The metrics that training measures at each evaluation, each once.

    They are those of the settings or the usual ones, those that rules monitor, and those that
    measure the plain mean of a loss. The last ones make trainings with different settings
    comparable.

    Args:
        several: the names of the targets if there are several; otherwise none.
    """
    names = training.metrics
    if names is None:
        names = _usual_names(usual_metrics(task, several), losses)
    monitors = [metric_in(rule.figure, key=key) for key, rule in training.monitors.items()]
    plain = [metric_of(loss, training, several) for loss in losses]
    candidates = [*names, *monitors, *plain]
    return list(dict.fromkeys(name for name in candidates if name is not None))


def give_probabilities(losses: Sequence[str]) -> bool:
    """Whether a classifier learns probabilities by each of these losses."""
    from pipeline.training.losses import named  # it needs this module

    return all(named(loss).gives_probabilities for loss in losses)


def _usual_names(names: Sequence[str], losses: Sequence[str]) -> list[str]:
    """Usual metrics; without those of probabilities if the losses give none."""
    gives = give_probabilities(losses)
    return [
        name
        for name in names
        if gives or not metrics.named(name, key="training.metrics").needs_probabilities
    ]


def metric_of(loss: str, training: Training, several: Sequence[str] = ()) -> str | None:
    """The metric that equals the plain mean of a loss over rows, if one exists.

    A loss of several targets has none if each target has an error in its own unit.

    Args:
        loss: one of `possible_losses`.
        training: holds the arguments of the loss.
    """
    from pipeline.training.losses import named  # it needs this module

    metric = named(loss).metric
    if metric is None:
        return None
    name = metric.format(**training.loss_arguments)
    has_no_mean = metrics.named(name, key="training.loss").several is metrics.Several.each
    return None if several and has_no_mean else name
