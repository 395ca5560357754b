"""The mean of values over independent seeds, and its interval."""

import math
import statistics
from collections.abc import Sequence

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
