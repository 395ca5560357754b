"""The objective of a study: the metric that its trials are compared by."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline import metrics
from pipeline.config import usual
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.metrics import Direction, direction_of, metric_of
from pipeline.config.split import Duplicates
from pipeline.config.values import to_values
from pipeline.config.variations import splits_by_configuration
from pipeline.errors import require
from pipeline.studies.space import hydra_text

_Facts = dict[str, Callable[[ExperimentConfig], Any]]
_LOSS: _Facts = {
    "training.loss": lambda config: usual.possible_losses(config.training, config.data.task)[0],
    "training.loss_arguments": lambda config: config.training.loss_arguments,
    "data.standardize_target": lambda config: config.data.standardize_target,
}
# By figure, the settings that decide what it measures on the same rows. Metrics have none.
FACTS: dict[str, _Facts] = {
    "validation/loss": _LOSS,
    "validation/weighted_loss": _LOSS
    | {"training.class_weight": lambda config: config.training.class_weight},
}
_FEATURES = ("features", "drop", "numeric", "categorical", "ratios", "functions")


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
            ConfigError: training measures no such figure of the validation split, or the metric
                improves in the other direction.
        """
        require(
            metric.startswith("validation/"),
            key,
            received=metric,
            expected="a metric of the validation split, such as validation/accuracy",
        )
        return cls(metric, direction_of(metric, direction, key=key))

    def to_measure(self, config: ExperimentConfig, *, key: str) -> list[str]:
        """The overrides that make a trial measure the objective; none if it already does.

        Args:
            key: the setting that names the objective.

        Raises:
            ConfigError: the metric does not suit the task.
        """
        name = metric_of(self.metric, key=key)
        several = config.data.several
        measured = usual.measured_metrics(config.training, config.data.task, [], several)
        if name is None or name in measured:
            return []
        metrics.require_of_data(name, config.data.task.value, several, key=key)
        return [f"training.metrics={hydra_text([*measured, name])}"]


def common_objective(
    configs: Sequence[ExperimentConfig], choice: Objective | None = None
) -> Objective | None:
    """An objective that measures the same in all trials; None if there is none.

    It is a metric in the target's own unit, on the same validation rows, without penalties and
    class weights. Prefers what early stopping monitors, then the metric of the loss, then the usual
    metrics of the task. The loss itself is the last choice, because it needs one loss in all
    trials. Seeds and folds of the split may vary if all configurations share one of its draws.

    Args:
        choice: the objective of the settings, if they name one.
    """
    if not _share_a_split(configs):
        return None
    if choice is not None:
        return None if _first_difference(configs, choice.metric) else choice
    candidates = [_candidates(config) for config in configs]
    shared = set(candidates[0]).intersection(*candidates[1:])
    return next((objective for objective in candidates[0] if objective in shared), None)


def difference(configs: Sequence[ExperimentConfig], choice: Objective | None = None) -> str:
    """Says why trials without a common objective are not comparable."""
    metric = "" if choice is None else choice.metric
    setting = _first_difference(configs, metric)
    if setting is None and not _share_a_split(configs):
        return "no seed or fold of the split is common to all configurations"
    if setting is None:
        return "they have no metric in common"
    if setting in _rows(configs[0]):
        return f"their validation rows differ: {setting}"
    return f"{metric} does not measure the same in all of them: {setting}"


def _share_a_split(configs: Sequence[ExperimentConfig]) -> bool:
    return bool(set.intersection(*splits_by_configuration(configs)))


def _candidates(config: ExperimentConfig) -> list[Objective]:
    """The objectives that a trial measures, the preferred ones first."""
    losses = usual.possible_losses(config.training, config.data.task)
    task, several = config.data.task, config.data.several
    measured = usual.measured_metrics(config.training, task, losses[:1], several)
    usual_names = [name for name in usual.usual_metrics(task, several) if name in measured]
    of_loss = usual.metric_of(losses[0], config.training, several)
    own = [] if of_loss is None else [of_loss]
    preferred = dict.fromkeys([*_monitored(config), *own, *usual_names])
    figures = [*(f"validation/{name}" for name in preferred), "validation/loss"]
    directions = {rule.figure: rule.direction for rule in config.training.monitors.values()}
    return [
        Objective(
            figure,
            direction_of(figure, directions.get(figure), key="training.metrics"),
            tuple(map(repr, _facts(config, figure).values())),
        )
        for figure in figures
    ]


def _monitored(config: ExperimentConfig) -> Iterator[str]:
    """The metric that early stopping monitors, if it is one of the validation split."""
    rule = config.training.early_stopping
    if rule is not None and rule.figure.startswith("validation/"):
        name = metric_of(rule.figure, key="training.early_stopping.monitor")
        if name is not None:
            yield name


def _first_difference(configs: Sequence[ExperimentConfig], metric: str) -> str | None:
    """The first setting that makes a metric incomparable between trials."""
    first, *others = (_facts(config, metric) for config in configs)
    return next(
        (name for name, value in first.items() if any(facts[name] != value for facts in others)),
        None,
    )


def _facts(config: ExperimentConfig, metric: str) -> dict[str, Any]:
    """The settings that decide what a metric measures."""
    return _rows(config) | {name: value(config) for name, value in FACTS.get(metric, {}).items()}


def _rows(config: ExperimentConfig) -> dict[str, Any]:
    """The settings that decide which rows are predicted, and what they hold.

    The seed and the fold of the split are not among them, because they are repetitions.
    """
    data = to_values(config.data)
    names = ["source", "task", "target", "positive", "target_unit", "rows", "split"]
    if config.data.split.duplicates is not Duplicates.keep:
        names += _FEATURES  # rows are duplicates if their features are equal
    facts = {f"data.{name}": data[name] for name in names}
    repeated = ("seed", "fold")
    facts["data.split"] = {
        name: value for name, value in data["split"].items() if name not in repeated
    }
    return facts
