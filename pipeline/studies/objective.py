"""The objective of a study: the metric that its trials are compared by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.config import usual
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.metrics import Direction, direction_of, metric_of
from pipeline.config.values import to_values
from pipeline.errors import require
from pipeline.studies.space import hydra_text


@dataclass(frozen=True)
class Objective:
    """A figure of the validation split, and its direction.

    Args:
        metric: its name in the history, such as `validation/accuracy`.
        measures: the facts that determine what it measures. Trials are comparable if they are
            equal.
    """

    metric: str
    direction: Direction
    measures: tuple[object, ...] = field(default=(), repr=False)

    @classmethod
    def named(cls, metric: str, direction: Direction | None, *, key: str) -> "Objective":
        """The objective of a setting.

        Args:
            direction: None takes that of the metric.
            key: the setting that names it.

        Raises:
            ConfigError: training measures no such figure, or it is not one of the validation split,
                or the direction is not that of the metric.
        """
        require(
            metric.startswith("validation/"),
            key,
            received=metric,
            expected="a metric of the validation split, such as validation/accuracy",
        )
        return cls(metric, direction_of(metric, direction, key=key))

    def to_measure(self, config: ExperimentConfig) -> list[str]:
        """The overrides with which a trial measures the objective; none if it does already."""
        name = metric_of(self.metric, key="training.metrics")
        measured = usual.measured_metrics(config.training, config.data.task, [])
        if name is None or name in measured:
            return []
        return [f"training.metrics={hydra_text([*measured, name])}"]


def common_objective(
    configs: Sequence[ExperimentConfig], wanted: Objective | None = None
) -> Objective | None:
    """An objective that measures the same in all trials; None if there is none.

    It is a metric in the target's own unit, on the same validation rows, without penalties and
    class weights. Prefers what early stopping monitors, then the metric of the loss, then the usual
    metrics of the task. The loss itself is the last choice, because it needs one loss in all
    trials.

    Args:
        wanted: the objective of the settings, if they name one.
    """
    if wanted is not None:
        return wanted if all(_rows(config) == _rows(configs[0]) for config in configs) else None
    candidates = [_candidates(config) for config in configs]
    shared = set(candidates[0]).intersection(*candidates[1:])
    return next((objective for objective in candidates[0] if objective in shared), None)


def difference(configs: Sequence[ExperimentConfig]) -> str:
    """Says why trials without a common objective are not comparable."""
    first, *others = (_rows(config) for config in configs)
    for other in others:
        for name, value in first.items():
            if other[name] != value:
                return f"their validation rows differ: data.{name}"
    return "they have no metric in common"


def _candidates(config: ExperimentConfig) -> list[Objective]:
    """The objectives that a trial measures, the preferred ones first."""
    losses = usual.possible_losses(config.training, config.data.task)
    measured = usual.measured_metrics(config.training, config.data.task, losses[:1])
    usual_names = [name for name in usual.METRICS[config.data.task] if name in measured]
    preferred = dict.fromkeys([*_monitored(config), *_of_loss(losses[0]), *usual_names])
    rows = tuple(repr(value) for value in _rows(config).values())
    objectives = [
        Objective.named(f"validation/{name}", None, key="training.metrics") for name in preferred
    ]
    loss = (losses[0], str(config.data.standardize_target))
    return [
        *(Objective(one.metric, one.direction, rows) for one in objectives),
        Objective("validation/loss", Direction.min, (*rows, *loss)),
    ]


def _monitored(config: ExperimentConfig) -> Iterator[str]:
    """The metric of the validation split that early stopping monitors, if it does."""
    rule = config.training.early_stopping
    if rule is not None and rule.figure.startswith("validation/"):
        name = metric_of(rule.figure, key="training.early_stopping.monitor")
        if name is not None:
            yield name


def _of_loss(loss: str) -> Iterator[str]:
    name = usual.metric_of(loss)
    if name is not None:
        yield name


def _rows(config: ExperimentConfig) -> dict[str, Any]:
    """The settings that decide which rows are predicted, and what they hold."""
    data = to_values(config.data)
    names = ("source", "task", "target", "positive", "target_unit", "rows", "split")
    return {name: data[name] for name in names}
