"""95 % confidence intervals of metrics."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Interval, Metric
from pipeline.models.scores import Scores

CONFIDENCE = 0.95
RESAMPLES = 1000


class Estimate(NamedTuple):
    """A value with its 95 % interval.

    Args:
        value: None if the rows do not define it.
        interval: its lower and upper limit; None if the rows are too few to say.
        reason: why the value or the interval is missing; empty if both are there.
    """

    value: float | None
    interval: Interval | None
    reason: str = ""


def difference_interval(metric: Metric, scores: Scores, other: Scores, *, seed: int) -> Estimate:
    """The paired difference of two models on the same rows, with its 95 % interval.

    Args:
        scores, other: of the same rows in the same order.
        seed: the seed of the bootstrap.

    Returns:
        The metric of `scores` minus that of `other`.
    """

    def difference(rows: NDArray[np.int64]) -> float:
        return metric.value(scores.take(rows)) - metric.value(other.take(rows))

    value = metric.value(scores) - metric.value(other)
    return Estimate(value, _bootstrap(difference, len(scores), seed))


def confidence_interval(metric: Metric, scores: Scores, *, seed: int) -> Interval:
    """Computes the metric's own interval, or the bootstrap's if it has none.

    Args:
        seed: the seed of the bootstrap.
    """
    if metric.interval is not None:
        return metric.interval(scores, CONFIDENCE)
    if metric.per_row is not None:
        values = metric.per_row(scores)
        return _bootstrap(lambda rows: float(np.mean(values[rows])), len(scores), seed)
    return _bootstrap(lambda rows: metric.value(scores.take(rows)), len(scores), seed)


def _bootstrap(statistic: Callable[[NDArray[np.int64]], float], rows: int, seed: int) -> Interval:
    """The percentile interval (Efron 1979) of a statistic over resampled rows."""
    random = np.random.default_rng(seed)
    values = [statistic(random.integers(rows, size=rows)) for _ in range(RESAMPLES)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
