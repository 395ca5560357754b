"""Intervals that hold after looks at the test rows, even if the looks guided the choice.

A look shows one of V values. V is n + 1 for a share of n rows, and 2^64 for any other metric, a
number of 64 bits. Whoever chooses a model by the figures of k other models chooses among at most
V^k models, one for each sequence of figures. For each of these models, an interval of error
rate a / V^k misses the true value with at most this probability. Their sum is a. Dwork, Feldman,
Hardt, Pitassi, Reingold and Roth (2015) call this the bound by description length
(https://arxiv.org/abs/1506.02629).

Here, a is 0.05 / ((k + 1) (k + 2)). The sum over k = 0, 1, 2, … is 0.05, so with 95 % probability
the intervals of all models hold together. This covers a choice among them afterwards.

The number V^k exceeds every float, so all probabilities are logarithms.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy.special import gammaln, rel_entr

from pipeline.evaluation.intervals import CONFIDENCE
from pipeline.metrics import Interval, Metric

_BITS = 64  # of a number in metrics.json
_HALVINGS = 40  # they leave 1e-12 of the range of true values


def after_looks(metric: Metric, value: float, rows: int, looks: int) -> Interval | None:
    """The 95 % limits of a metric after looks, or None if none are known to hold.

    Only means of bounded values have them.

    Args:
        value: the metric over all rows.
        rows: the number of test rows.
        looks: the number of other models with a known metric on these rows.
    """
    if metric.share:
        return share_after_looks(round(value * rows), rows, looks)
    low, high = metric.limits
    if metric.per_row is None or math.isinf(high - low):
        return None
    limits = mean_after_looks((value - low) / (high - low), rows, looks)
    return low + (high - low) * limits[0], low + (high - low) * limits[1]


def share_after_looks(
    hits: int, rows: int, looks: int, *, confidence: float = CONFIDENCE
) -> Interval:
    """The limits of a share by the exact binomial tails of Clopper and Pearson (1934).

    Without looks, they are those of the confidence `(1 + confidence) / 2`.
    """
    level = _log_error(looks, math.log(rows + 1), confidence)

    def lowest(hits: int) -> float:
        counts = np.arange(hits, rows + 1)
        ways = gammaln(rows + 1) - gammaln(counts + 1) - gammaln(rows - counts + 1)

        def log_tail(p: float) -> float:
            terms = ways + counts * math.log(p) + (rows - counts) * math.log1p(-p)
            largest = float(terms.max())
            return largest + math.log(np.exp(terms - largest).sum())

        return _lowest(hits / rows, log_tail, level)

    return lowest(hits), 1 - lowest(rows - hits)


def mean_after_looks(
    mean: float, rows: int, looks: int, *, confidence: float = CONFIDENCE
) -> Interval:
    """The limits of a mean of values from 0 to 1, by Hoeffding (1963), theorem 1.

    The logarithm of the tail is at most minus `rows` times the relative entropy of the mean and the
    true mean.
    """
    level = _log_error(looks, _BITS * math.log(2), confidence)

    def lowest(mean: float) -> float:
        return _lowest(
            mean, lambda p: -rows * (rel_entr(mean, p) + rel_entr(1 - mean, 1 - p)), level
        )

    return lowest(mean), 1 - lowest(1 - mean)


def _log_error(looks: int, log_values: float, confidence: float) -> float:
    """The logarithm of the error rate that each side of an interval may have.

    Args:
        log_values: the logarithm of the number of values that one look can show.
    """
    shared = math.log((looks + 1) * (looks + 2)) + looks * log_values
    return math.log((1 - confidence) / 2) - shared


def _lowest(value: float, log_tail: Callable[[float], float], level: float) -> float:
    """The smallest true value that gives the observed value or more with enough probability.

    Args:
        log_tail: the logarithm of that probability, by true value. It rises.
    """
    if value == 0:
        return 0.0
    low, high = 0.0, value
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if log_tail(middle) < level else (low, middle)
    return low
