"""Metrics: one module each, named as in settings, claims and MLflow.

`evaluate` measures every metric of a task. Training measures the usual ones and those of the
settings. All come from the same functions, so a metric has one meaning everywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.metrics import METRICS

Interval = tuple[float, float]


@dataclass(frozen=True)
class Metric:
    """One metric. Each module defines one as `METRIC`.

    It has either `compute` or `per_row`. Its functions take `pipeline.models.scores.ClassScores` or
    `NumberScores`.

    Args:
        task: `classification` or `regression`.
        larger_is_better: the direction in which it improves.
        compute: the value over all rows.
        per_row: one value for each row. Their mean is the metric.
        share: whether `per_row` tells hits from misses, as booleans.
        bounds: the smallest and largest value of a row, if there are any. A share needs none.
        interval: the limits for a confidence such as 0.95. The default is the bootstrap over rows.
        unit: for the axes of figures. `{target}` stands for the unit of the target.
        headline: the report shows it first, unless the experiment claims another metric.
    """

    task: str
    larger_is_better: bool
    compute: Callable[[Any], float] | None = None
    per_row: Callable[[Any], NDArray[Any]] | None = None
    share: bool = False
    bounds: tuple[float, float] | None = None
    interval: Callable[[Any, float], Interval] | None = None
    unit: str = ""
    headline: bool = False

    def __post_init__(self) -> None:
        if (self.compute is None) == (self.per_row is None):
            raise TypeError("a metric defines either compute or per_row")

    def value(self, scores: Any) -> float:
        """The metric over all rows."""
        if self.compute is not None:
            return float(self.compute(scores))
        assert self.per_row is not None
        return float(np.mean(self.per_row(scores)))


def named(name: str, *, key: str) -> Metric:
    """The metric of a name.

    Args:
        key: the setting that names it.

    Raises:
        ConfigError: there is no such metric.
    """
    metric: Metric = METRICS.load(name, key=key).METRIC
    return metric


def of_task(task: str) -> dict[str, Metric]:
    """All metrics of a task by name, sorted."""
    metrics = {name: module.METRIC for name, module in METRICS.all().items()}
    return {name: metric for name, metric in metrics.items() if metric.task == task}


def headline(task: str) -> str:
    """The metric of a task that the report shows first."""
    return next(name for name, metric in of_task(task).items() if metric.headline)
