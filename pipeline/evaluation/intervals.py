"""95 % confidence intervals of metrics."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Interval, Metric
from pipeline.models.scores import Scores

CONFIDENCE = 0.95
RESAMPLES = 1000


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
