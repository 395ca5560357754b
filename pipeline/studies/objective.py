"""The objective of a study: the metric that its trials are compared by."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.config import usual
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.training import Direction, Training


@dataclass(frozen=True)
class Objective:
    """A metric and its direction.

    Args:
        metric: its name in the history, such as `validation/loss`.
        measures: the facts that determine what it measures. Objectives with equal facts are equal,
            even if their metrics have different names.
    """

    metric: str = field(compare=False)
    direction: Direction
    measures: tuple[object, ...] = ()


def common_objectives(configs: Sequence[ExperimentConfig]) -> list[Objective | None]:
    """The objective of each trial, chosen so that all trials measure the same.

    Prefers what early stopping monitors, then the validation loss as a mean over rows. If both
    differ between trials, their values are not comparable and each objective is None.
    """
    for objective_of in (_monitored, _plain_loss):
        objectives = [objective_of(config) for config in configs]
        if len(set(objectives)) == 1 and objectives[0] is not None:
            return objectives
    return [None for _ in configs]


def _monitored(config: ExperimentConfig) -> Objective | None:
    training = config.training
    if training.early_stopping is None:
        return None
    metric = training.early_stopping.monitor
    is_loss = metric.endswith("/loss")
    kind = (_measure_of_loss(config), *_kind_of_loss(training)) if is_loss else ()
    return Objective(metric, training.early_stopping.direction, (*_question(config), metric, *kind))


def _plain_loss(config: ExperimentConfig) -> Objective:
    training = config.training
    measure = _measure_of_loss(config)
    if measure == training.loss:
        # No metric measures the plain mean of this loss, so all that changes it matters.
        measures = (*_question(config), measure, *_kind_of_loss(training))
        return Objective("validation/loss", Direction.min, measures)
    metric = "validation/loss" if training.loss_is_plain else f"validation/{measure}"
    return Objective(metric, Direction.min, (*_question(config), measure))


def _measure_of_loss(config: ExperimentConfig) -> str:
    """The metric that the loss minimises, or the name of the loss if there is none."""
    name, *_ = usual.possible_losses(config.training, config.data.task)
    return usual.metric_of(name) or name


def _kind_of_loss(training: Training) -> tuple[object, ...]:
    return (str(training.loss_arguments), training.loss_reduction, training.label_smoothing)


def _question(config: ExperimentConfig) -> tuple[object, ...]:
    """The facts of the prediction. Only trials that predict the same can be ranked."""
    data = config.data
    return (data.source, data.task, data.target, data.positive, data.target_unit)
