"""95 % confidence intervals of metrics."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Interval, Metric

CONFIDENCE = 0.95
RESAMPLES = 1000


def confidence_interval(
    metric: Metric, truth: NDArray[Any], prediction: NDArray[Any], *, seed: int
) -> Interval:
    """Computes the metric's own interval, or the bootstrap's if it has none.

    Args:
        truth, prediction: as `Metric` describes them.
        seed: the seed of the bootstrap.
    """
    if metric.interval is not None:
        return metric.interval(truth, prediction, CONFIDENCE)
    if metric.per_row is not None:
        values = metric.per_row(truth, prediction)
        return _bootstrap(lambda rows: float(np.mean(values[rows])), len(truth), seed)
    return _bootstrap(lambda rows: metric.value(truth[rows], prediction[rows]), len(truth), seed)


def _bootstrap(statistic: Callable[[NDArray[np.int64]], float], rows: int, seed: int) -> Interval:
    """The percentile interval (Efron 1979) of a statistic over resampled rows."""
    random = np.random.default_rng(seed)
    values = [statistic(random.integers(rows, size=rows)) for _ in range(RESAMPLES)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
