"""Test metrics over runs that differ only in their seed.

They show how much of a result is luck.
"""

import math
import statistics
from collections.abc import Mapping, Sequence

from scipy.special import stdtrit

from pipeline.evaluation.intervals import CONFIDENCE
from pipeline.metrics import Interval


def mean_interval(values: Sequence[float]) -> tuple[float, Interval]:
    """The mean of two or more values, and its 95 % limits by Student's t (1908).

    The limits hold for independent values of an approximately normal distribution.
    """
    mean = statistics.mean(values)
    quantile = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2))
    margin = quantile * statistics.stdev(values) / math.sqrt(len(values))
    return mean, (mean - margin, mean + margin)


def summary(runs: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """`mean`, `low` and `high` by metric, for the metrics that are defined in all runs."""
    names = [name for name in runs[0] if all(name in run for run in runs)]
    intervals = {name: mean_interval([run[name] for run in runs]) for name in names}
    return {
        "mean": {name: mean for name, (mean, _) in intervals.items()},
        "low": {name: low for name, (_, (low, _)) in intervals.items()},
        "high": {name: high for name, (_, (_, high)) in intervals.items()},
    }
