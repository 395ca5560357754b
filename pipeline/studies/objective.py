"""What the trials of a sweep are compared by."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.config.data import Task
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.training import LOSSES, Direction


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
    kind = (
        (_measure_of_loss(config), training.loss_reduction, training.label_smoothing)
        if is_loss
        else ()
    )
    return Objective(metric, training.early_stopping.direction, (*_question(config), metric, *kind))


def _plain_loss(config: ExperimentConfig) -> Objective:
    training = config.training
    measure = _measure_of_loss(config)
    if measure == training.loss:
        # No metric measures the plain mean of this loss, so its reduction matters.
        measures = (*_question(config), measure, training.loss_reduction)
        return Objective("validation/loss", Direction.min, measures)
    metric = "validation/loss" if training.loss_is_plain else f"validation/{measure}"
    return Objective(metric, Direction.min, (*_question(config), measure))


def _measure_of_loss(config: ExperimentConfig) -> str:
    """The metric that the loss minimises, so that equal losses compare equal; else the loss."""
    loss = config.training.loss
    if loss is None:
        return "log_loss" if config.data.task is Task.classification else "mse"
    return LOSSES.load(loss, key="training.loss").LOSS.metric or loss


def _question(config: ExperimentConfig) -> tuple[object, ...]:
    """What is asked of the model: answers to other questions have no place in the same ranking."""
    data = config.data
    return (data.source, data.task, data.target, data.positive, data.target_unit)
