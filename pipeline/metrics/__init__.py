"""Metrics: one module each, named as the metric is in settings, claims and MLflow.

Every metric of a task is computed by `evaluate`. One that defines `watched` can also be watched during training, by
early stopping for example.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Meta
from pipeline.registry import Registry

METRICS = Registry("pipeline.metrics", "metric")

Interval = tuple[float, float]
Compute = Callable[[NDArray[Any], NDArray[Any]], Any]


@dataclass(frozen=True)
class Metric:
    """One metric: how it is computed, read and watched. Each module defines one as `METRIC`.

    `truth` is int64 class numbers `(rows,)`, or float64 targets `(rows,)` in the target's unit. `prediction` is
    probabilities `(rows, classes)`, or `(rows, 1)` for two classes, or float64 predictions `(rows,)`.

    Args:
        task: `classification` or `regression`.
        larger_is_better: the direction in which it improves.
        compute: from truth and prediction to the value. Leave it out if the metric is a mean over rows.
        per_row: from truth and prediction to one float64 value for each row; their mean is the metric.
        interval: from truth, prediction and confidence to the limits. The default is the bootstrap over rows.
        unit: for the axes of figures; `{target}` stands for the target's unit.
        watched: builds the Keras metric that measures the same on the network's raw output.
    """

    task: str
    larger_is_better: bool
    compute: Compute | None = None
    per_row: Compute | None = None
    interval: Callable[[NDArray[Any], NDArray[Any], float], Interval] | None = None
    unit: str = ""
    watched: Callable[[Meta], Any] | None = None

    def __post_init__(self) -> None:
        if (self.compute is None) == (self.per_row is None):
            raise TypeError("a metric defines either compute or per_row")

    def value(self, truth: NDArray[Any], prediction: NDArray[Any]) -> float:
        """The metric over all rows."""
        if self.per_row is not None:
            return float(np.mean(self.per_row(truth, prediction)))
        assert self.compute is not None
        return float(self.compute(truth, prediction))


def of_task(task: str) -> dict[str, Metric]:
    """All metrics of a task by name, sorted."""
    metrics = {name: module.METRIC for name, module in METRICS.all().items()}
    return {name: metric for name, metric in metrics.items() if metric.task == task}


def predicted_classes(probabilities: NDArray[Any]) -> NDArray[np.int64]:
    """The most probable class of each row of `(rows, classes)`, or of `(rows, 1)`; shape (rows,)."""
    if probabilities.shape[1] == 1:
        return (probabilities[:, 0] >= 0.5).astype(np.int64)
    return np.asarray(probabilities.argmax(axis=1))


def by_class(probabilities: NDArray[Any]) -> NDArray[Any]:
    """Probabilities `(rows, classes)`, even if a model gives only that of the second class, `(rows, 1)`."""
    if probabilities.shape[1] > 1:
        return probabilities
    return np.hstack([1 - probabilities, probabilities])
