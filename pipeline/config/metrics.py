"""The metrics that settings can name, and the direction of each.

Their modules are in `pipeline.metrics`.
"""

from collections.abc import Iterable
from enum import Enum

from pipeline.errors import ConfigError, require, suggestion
from pipeline.own.references import is_reference
from pipeline.registry import Registry

METRICS = Registry("pipeline.metrics", "metric")
# Figures that training measures in addition to the metrics, by split. Smaller is better for all.
_LOSSES = {
    "running": ("loss",),
    "train": ("loss", "weighted_loss"),
    "validation": ("loss", "weighted_loss"),
}


class Direction(Enum):
    """The direction in which a metric improves."""

    min = "min"
    max = "max"

    def improves(self, value: float, *, on: float | None, by: float) -> bool:
        """Whether `value` is better than `on` by more than `by`.

        Any value is better than None.
        """
        if on is None:
            return True
        gain = on - value if self is Direction.min else value - on
        return gain > by


def module_of(name: str) -> str:
    """The module of a metric; that of `recall/setosa` is `recall`."""
    return name.partition("/")[0]


def is_own(name: str) -> bool:
    """Whether a metric is the user's own, such as `my_metrics.py:cost`."""
    return is_reference(name) and module_of(name) not in METRICS.names()


def is_metric(name: str) -> bool:
    """Whether a name is that of a metric of this project, or of the user's own."""
    return is_own(name) or module_of(name) in METRICS.names()


def modules_of(names: Iterable[str]) -> list[str]:
    """The modules of metrics, each once."""
    return list(dict.fromkeys(map(module_of, names)))


def metric_of(figure: str, *, key: str) -> str | None:
    """The metric in a figure of the history such as `validation/accuracy`; None for a loss.

    Args:
        key: the setting that names the figure.

    Raises:
        ConfigError: training measures no such figure.
    """
    from pipeline import metrics  # it needs METRICS

    split, _, name = figure.partition("/")
    if split not in _LOSSES or not name:
        raise ConfigError(
            key,
            "is not measured by training",
            received=figure,
            expected="Choose a metric with its split, such as validation/loss or train/accuracy",
        )
    if name in _LOSSES[split]:
        return None
    if split == "running" or not is_metric(name):
        names = [*_LOSSES[split], *(METRICS.names() if split != "running" else [])]
        raise ConfigError(
            key,
            "is not measured by training",
            received=figure,
            expected=suggestion(figure, [f"{split}/{option}" for option in names]),
        )
    metrics.named(name, key=key)
    return name


def direction_of(figure: str, choice: Direction | None, *, key: str) -> Direction:
    """The direction in which a figure of the history improves.

    Args:
        choice: the direction of the settings, if they have one.
        key: the settings that hold `monitor` or `metric` and `direction`.

    Raises:
        ConfigError: training measures no such figure, or the settings contradict the metric.
    """
    from pipeline import metrics  # it needs METRICS

    name = metric_of(figure, key=key)
    rises = name is not None and metrics.named(name, key=key).larger_is_better
    if rises is None:
        setting = f"{key.rpartition('.')[0]}.direction"
        if choice is None:
            raise ConfigError(
                setting,
                "is needed, because your own metric does not say whether larger is better",
                received=figure,
                expected="Set it to min or max",
            )
        return choice
    direction = Direction.max if rises else Direction.min
    require(
        choice in (None, direction),
        f"{key.rpartition('.')[0]}.direction",
        received=f"{choice.value if choice else None} for {figure}",
        expected=f"{direction.value}, because {figure} is better if it is "
        f"{'larger' if rises else 'smaller'}; or no direction",
    )
    return direction
