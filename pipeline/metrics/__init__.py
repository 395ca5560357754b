"""Metrics: one module each, named as in settings, claims and MLflow, and the user's own.

`evaluate` measures every metric of a task. Training measures the usual ones and those of the
settings. All come from the same functions, so a metric has one meaning everywhere.

A name may carry an argument after a slash, such as the class in `recall/setosa`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.metrics import METRICS, is_own
from pipeline.errors import ConfigError, require, suggestion
from pipeline.metrics._arguments import Argument
from pipeline.metrics._sampling import Interval, Mean, Sampling, jackknife, require_rows

__all__ = [
    "Interval",
    "Metric",
    "UndefinedError",
    "headline",
    "is_of_a_class",
    "named",
    "require_suited",
    "usual",
]


class UndefinedError(Exception):
    """The rows do not define a metric. The text is the reason."""


@dataclass(frozen=True)
class Metric:
    """One metric. Each module defines one as `METRIC`.

    It has either `compute` or `per_row`. Its functions take `pipeline.models.scores.ClassScores` or
    `NumberScores`, and the argument if the metric has one (None without it). They raise
    `UndefinedError` if the rows do not define the metric.

    Args:
        task: `classification` or `regression`; None if it suits both.
        larger_is_better: the direction in which it improves; None if it is not known.
        compute: the value over all rows.
        per_row: one value for each row. Their mean is the metric.
        share: whether `per_row` tells hits from misses, as booleans.
        limits: the smallest and the largest value that a row can have, for the interval.
        sampling: how the metric varies with its rows, for the interval. The default is a mean of
            `per_row`, or a jackknife of `compute`. It raises
            `pipeline.metrics._sampling.TooFewError` for too few rows.
        argument: what may stand after the slash in its name.
        needs_probabilities: it has no meaning for a model whose outputs are not probabilities.
        unit: for the axes of figures. `{target}` stands for the unit of the target.
        headline: the report shows it first, unless the experiment claims another metric.
    """

    task: str | None
    larger_is_better: bool | None
    compute: Callable[..., float] | None = None
    per_row: Callable[..., NDArray[Any]] | None = None
    share: bool = False
    limits: Interval = (0.0, math.inf)
    sampling: Callable[..., Sampling] | None = None
    argument: Argument | None = None
    needs_probabilities: bool = False
    unit: str = ""
    headline: bool = False

    def __post_init__(self) -> None:
        if (self.compute is None) == (self.per_row is None):
            raise TypeError("a metric defines either compute or per_row")

    def suits(self, task: str) -> bool:
        """Whether it measures models of this task."""
        return self.task in (None, task)

    def value(self, scores: Any) -> float:
        """The metric over all rows.

        Raises:
            UndefinedError: the rows do not define it.
        """
        if self.compute is not None:
            return float(self.compute(scores))
        assert self.per_row is not None
        return float(np.mean(self.per_row(scores)))

    def varies(self, scores: Any) -> Sampling:
        """How the metric varies with its rows.

        Raises:
            UndefinedError: the rows do not define it.
            TooFewError: the rows are too few to say.
        """
        if self.sampling is not None:
            return self.sampling(scores)
        if self.per_row is not None:
            if math.isinf(self.limits[1] - self.limits[0]):
                require_rows(len(scores))
            return Mean(self.per_row(scores), *self.limits)
        require_rows(len(scores))
        return jackknife(self.value, scores)

    def of(self, argument: str | None) -> "Metric":
        """The metric with its argument bound to its functions."""

        def bound(function: Callable[..., Any] | None) -> Callable[[Any], Any] | None:
            return function and (lambda scores: function(scores, argument))

        return replace(
            self,
            compute=bound(self.compute),
            per_row=bound(self.per_row),
            sampling=bound(self.sampling),
        )


def named(name: str, *, key: str) -> Metric:
    """The metric of a name such as `accuracy` or `recall/setosa`, with its argument bound.

    Args:
        key: the setting that names it.

    Raises:
        ConfigError: there is no such metric, or its argument is missing or invalid.
    """
    if is_own(name):
        from pipeline.metrics._own import own_metric

        return own_metric(name, key=key)
    module, slash, text = name.partition("/")
    metric: Metric = METRICS.load(module, key=key).METRIC
    argument = metric.argument
    if argument is None:
        require(not slash, key, received=name, expected=f"{module}, without an argument")
        return metric
    valid = argument.is_valid(text) if slash else argument.is_optional
    form = f"{module}/<{argument.name}>"
    require(
        valid,
        key,
        received=name,
        expected=f"{f'{module} or ' if argument.is_optional else ''}{form}, "
        f"where {argument.name} is {argument.expected}",
    )
    return metric.of(text if slash else None)


def require_suited(name: str, classes: Sequence[str], *, key: str) -> None:
    """Checks that the argument of a valid name suits the classes of the data.

    Raises:
        ConfigError: it does not.
    """
    if is_own(name):
        from pipeline.metrics._own import require_classes

        require_classes(name, len(classes), key=key)
        return
    module, slash, text = name.partition("/")
    argument = METRICS.load(module, key=key).METRIC.argument
    if slash and not argument.suits(text, classes):
        names = [f"{module}/{usual}" for usual in argument.usual(classes)]
        raise ConfigError(
            key,
            "names a metric that does not suit the data",
            received=name,
            expected=suggestion(name, names),
        )


@cache
def _of_task(task: str) -> dict[str, Metric]:
    metrics = {name: module.METRIC for name, module in METRICS.all().items()}
    return {name: metric for name, metric in metrics.items() if metric.task == task}


def usual(task: str, classes: Sequence[str]) -> list[str]:
    """The names of the metrics that `evaluate` measures: the headline first, then sorted.

    Metrics of the whole come before those with an argument.
    """
    whole, single = [], []
    for name, metric in _of_task(task).items():
        argument = metric.argument
        if argument is None or argument.is_optional:
            whole.append(name)
        if argument is not None:
            single += [f"{name}/{text}" for text in argument.usual(classes)]
    whole.sort(key=lambda name: name != headline(task))
    return [*whole, *single]


def is_of_a_class(name: str) -> bool:
    """Whether the metric of a valid name is one of a single class."""
    if is_own(name):
        return False
    module, slash, _ = name.partition("/")
    argument = METRICS.load(module, key="training.metrics").METRIC.argument
    return bool(slash) and argument.name == "class"


def headline(task: str) -> str:
    """The metric of a task that the report shows first."""
    return next(name for name, metric in _of_task(task).items() if metric.headline)
