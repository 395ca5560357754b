"""What the trials of a sweep are compared by."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.config.data import Task
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.training import Direction, Loss


@dataclass(frozen=True)
class Objective:
    """The metric by which a trial is judged, and what it measures, which other trials may have under another name."""

    metric: str = field(compare=False)
    direction: Direction
    measures: tuple[object, ...]


def in_common(configs: Sequence[ExperimentConfig]) -> list[Objective | None]:
    """The objective of each trial: what early stopping watches, else the validation loss as a mean over rows.

    None for each where neither measures the same in all trials: their values could not be compared.
    """
    for objective in (_watched, _plain_loss):
        found = [objective(config) for config in configs]
        if len(set(found)) == 1 and found[0] is not None:
            return found
    return [None for _ in configs]


def _watched(config: ExperimentConfig) -> Objective | None:
    training = config.training
    if training.early_stopping is None:
        return None
    metric = training.early_stopping.monitor
    is_loss = metric.endswith("/loss")
    kind = (_loss(config), training.loss_reduction, training.label_smoothing) if is_loss else ()
    return Objective(metric, training.early_stopping.direction, (*_question(config), metric, *kind))


def _plain_loss(config: ExperimentConfig) -> Objective:
    name, training = _loss(config), config.training
    if name == Loss.perceptron.value:  # of which no mean over rows is measured beside the loss
        return Objective(
            "validation/loss", Direction.min, (*_question(config), name, training.loss_reduction)
        )
    metric = "validation/loss" if training.loss_is_plain else f"validation/{name}"
    return Objective(metric, Direction.min, (*_question(config), name))


def _loss(config: ExperimentConfig) -> str:
    """The loss by the name of its mean over rows; all cross-entropies are the same one."""
    if config.training.loss is Loss.perceptron:
        return Loss.perceptron.value
    if config.data.task is Task.classification:
        return "log_loss"
    return "mae" if config.training.loss is Loss.mean_absolute_error else "mse"


def _question(config: ExperimentConfig) -> tuple[object, ...]:
    """What is asked of the model: answers to other questions have no place in the same ranking."""
    data = config.data
    return (data.source, data.task, data.target, data.positive, data.target_unit)
