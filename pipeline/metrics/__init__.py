"""Metrics: one module each, named as in settings, claims and MLflow, and the user's own.

`evaluate` measures every metric of a task. Training measures the usual ones and those of the
settings. All come from the same functions, so a metric has one meaning everywhere.

A name may carry an argument after a slash, such as the class in `recall/setosa`. If the data have
several targets, the name of a target comes last, as in `mae/heating_load` or `pinball/0.9/cooling`.
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
from pipeline.metrics._targets import (
    Several,
    UndefinedError,
    mean,
    mean_sampling,
    over_targets,
)

__all__ = [
    "Interval",
    "Metric",
    "Several",
    "UndefinedError",
    "headline",
    "is_of_a_class",
    "named",
    "require_of_data",
    "require_suited",
    "usual",
]


_MOST_TARGETS = 100  # with more, `evaluate` measures only those that training names


@dataclass(frozen=True)
class Metric:
    """One metric. Each module defines one as `METRIC`.

    It has either `compute` or `per_row`. Its functions take `pipeline.models.scores.ClassScores` or
    `NumberScores`, and the argument if the metric has one (None without it). They raise
    `UndefinedError` if the rows do not define the metric.

    Args:
        task: `classification`, `regression` or `multi_label`; None if it suits all.
        larger_is_better: the direction in which it improves; None if it is not known.
        compute: the value over all rows.
        per_row: one value for each row. Their mean is the metric.
        share: whether `per_row` gives hits and misses, as booleans.
        limits: the smallest and the largest value that a row can have, for the interval.
        sampling: how the metric varies with its rows, for the interval. The default is a mean of
            `per_row`, or a jackknife of `compute`. It raises
            `pipeline.metrics._sampling.TooFewError` for too few rows.
        argument: what may stand after the slash in its name.
        needs_probabilities: whether the outputs of the model must be probabilities.
        unit: for the axes of figures. `{target}` stands for the unit of the target.
        headline: the task for which the report shows it first, unless the experiment claims
            another metric.
        several: how it measures several targets. A metric of `classification` then measures labels.
            Their class is yes.
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
    headline: str = ""
    several: Several = Several.each

    def __post_init__(self) -> None:
        if (self.compute is None) == (self.per_row is None):
            raise TypeError("a metric defines either compute or per_row")

    @property
    def is_of_class(self) -> bool:
        """Whether its argument is the name of a class, or of a label."""
        return self.argument is not None and self.argument.name == "class"

    def suits(self, task: str) -> bool:
        """Whether it measures models of this task."""
        of_labels = self.task == "classification" and self.several is not Several.nothing
        return self.task in (None, task) or (task == "multi_label" and of_labels)

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

    def of(self, argument: str | None, target: str | None = None) -> "Metric":
        """The metric with its argument and its target bound to its functions.

        Args:
            target: one of several targets. For several labels, the argument of a metric of a class
                is the name of a label.
        """
        own = () if self.argument is None else (argument,)

        def bound(function: Any, together: Any) -> Any:
            return over_targets(
                function,
                together,
                several=self.several,
                target=argument if self.is_of_class else target,
                arguments=own,
                # The classes of a label are no and yes.
                arguments_of=lambda scores: (scores.classes[1],) if self.is_of_class else own,
            )

        return replace(
            self,
            compute=bound(self.compute, mean),
            per_row=bound(self.per_row, mean),
            sampling=bound(self.sampling, mean_sampling),
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
        require(not slash or bool(text), key, received=name, expected=f"{module}, without a slash")
        return metric.of(None, _target_in(name, metric))
    own = _argument_in(name, metric)
    valid = argument.is_valid(own) if slash else argument.is_optional
    form = f"{module}/<{argument.name}>"
    require(
        valid,
        key,
        received=name,
        expected=f"{f'{module} or ' if argument.is_optional else ''}{form}, "
        f"where {argument.name} is {argument.expected}",
    )
    return metric.of(own if slash else None, _target_in(name, metric))


def _argument_in(name: str, metric: Metric) -> str:
    """The argument in a name, such as `0.9` in `pinball/0.9/cooling`. A class may hold a slash."""
    text = name.partition("/")[2]
    return text if metric.is_of_class else text.partition("/")[0]


def _target_in(name: str, metric: Metric) -> str | None:
    """The target in a name; None if there is none, or if it is the argument."""
    text = name.partition("/")[2]
    if metric.is_of_class:
        return None
    return (text if metric.argument is None else text.partition("/")[2]) or None


def require_of_data(name: str, task: str, several: Sequence[str], *, key: str) -> None:
    """Checks that the metric of a valid name suits a task and its targets.

    Args:
        several: the names of the targets if there are several; otherwise none.

    Raises:
        ConfigError: it does not.
    """
    metric = named(name, key=key)
    if not metric.suits(task):
        raise ConfigError(
            key,
            f"names a metric that does not suit {task}",
            received=name,
            expected=f"Choose a metric for {task}",
        )
    if several and metric.several is Several.nothing:
        raise ConfigError(
            key,
            "names a metric of one target, and there are several",
            received=name,
            expected="Choose another metric",
        )
    if is_own(name):
        return
    module = name.partition("/")[0]
    target = _argument_in(name, metric) if metric.is_of_class else _target_in(name, metric)
    if not several:
        require(
            metric.is_of_class or target is None,
            key,
            received=name,
            expected=f"{name.removesuffix(f'/{target}')}, without an argument",
        )
    elif not target and metric.several is Several.each:
        raise ConfigError(
            key,
            "names a metric of one target, and there are several",
            received=name,
            expected=f"Name one, such as {name}/{several[0]}",
        )
    elif target and (target not in several or metric.several is Several.together):
        of = name.removesuffix(target)
        raise ConfigError(
            key,
            "names a metric that does not suit the targets",
            received=name,
            expected=f"Expected: {module}, without a target"
            if metric.several is Several.together
            else suggestion(name, [f"{of}{one}" for one in several]),
        )


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
    if slash and argument is not None and not argument.suits(text, classes):
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
    return {name: one for name, one in metrics.items() if one.task is not None and one.suits(task)}


def usual(task: str, classes: Sequence[str], several: Sequence[str] = ()) -> list[str]:
    """The names of the metrics that `evaluate` measures: the headline first, then sorted.

    Names with an argument or a target come last.

    Args:
        several: the names of the targets if there are several; otherwise none.
    """
    whole, single = [], []
    for name, metric in _of_task(task).items():
        argument = metric.argument
        is_whole = argument is None or argument.is_optional
        if several:
            is_each = metric.several in (Several.each, Several.mean)
            is_measured = metric.is_of_class or argument is None
            if is_whole and metric.several in (Several.mean, Several.together):
                whole.append(name)
            if is_each and is_measured and len(several) <= _MOST_TARGETS:
                single += [f"{name}/{target}" for target in several]
            continue
        if is_whole:
            whole.append(name)
        if argument is not None:
            single += [f"{name}/{text}" for text in argument.usual(classes)]
    whole.sort(key=lambda name: name != headline(task))
    return [*whole, *single]


def is_of_a_class(name: str) -> bool:
    """Whether a valid name is a metric of a single class or label."""
    if is_own(name):
        return False
    module, slash, _ = name.partition("/")
    metric = METRICS.load(module, key="training.metrics").METRIC
    of_label = metric.task == "classification" and metric.argument is None
    return bool(slash) and (metric.is_of_class or of_label)


def headline(task: str) -> str:
    """The metric of a task that the report shows first."""
    return next(name for name, metric in _of_task(task).items() if metric.headline == task)
