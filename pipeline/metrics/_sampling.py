"""How a metric varies with the drawn rows; `pipeline.evaluation.intervals` uses it.

One idea serves all metrics. The rows get random weights, as in the Bayesian bootstrap (Rubin 1981).
One extra row that was not drawn gets a weight too. For the lower limit it is the worst possible
row, and for the upper limit the best one. For the mean of a bounded value, this is the interval of
Gaffke (2005). For a share of rows, it is that of Clopper and Pearson (1934).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Interval = tuple[float, float]

FEWEST_ROWS = 10
FEWEST_OF_A_CLASS = 10
_BEYOND = 20.0
# Two models may rank all drawn rows alike. The extra row then moves their difference by this share
# of what it can move the metric of one model.
_LEAST_REACH = 0.25


class TooFewError(Exception):
    """The rows are too few for an interval. The text says which rows."""


def require_rows(rows: int, *, of: str = "rows", fewest: int = FEWEST_ROWS) -> None:
    """Raises `TooFewError` for fewer rows than an interval needs."""
    if rows < fewest:
        raise TooFewError(f"too few rows for an interval: {rows} {of}, and it needs {fewest}")


def beyond(values: Floats) -> Interval:
    """The smallest and the largest value of a row that was not drawn.

    They are a little further from 0 than the extremes of the rows. Fewer rows move them further.
    The factor was chosen by simulation.
    """
    factor = 1 + _BEYOND / len(values)
    return factor * min(float(values.min()), 0.0), factor * max(float(values.max()), 0.0)


class Sampling(Protocol):
    """A metric as a function of the weights of its rows."""

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        """The metric for random weights, with the extra row at its worst and at its best.

        Args:
            weights: `(draws, rows)`; with `extra`, each draw adds up to 1.
            extra: the weight of the extra row, `(draws,)`.

        Returns:
            The lower and the higher value of each draw, `(draws,)` each.
        """
        ...


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Mean:
    """A mean of one value for each row.

    Args:
        values: float64 or bool `(rows,)`.
        lowest, highest: the limits of a value; infinite without a limit.
        possible: the values that each row could have had, `(rows, …)`; they bound the difference of
            two models. None if they are not known.
        among: bool `(rows,)`, the rows that count; None for all.
        then: an increasing function. It turns the mean into the metric.
    """

    values: NDArray[Any]
    lowest: float = 0.0
    highest: float = math.inf
    possible: Floats | None = None
    among: NDArray[np.bool_] | None = None
    then: Callable[[Any], Any] = _same

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        low, high = beyond(np.asarray(self.values, dtype=np.float64))
        lowest = low if math.isinf(self.lowest) else self.lowest
        highest = high if math.isinf(self.highest) else self.highest
        return self.draw(weights, extra, lowest), self.draw(weights, extra, highest)

    def draw(self, weights: Floats, extra: Floats, extra_value: float) -> Floats:
        """The metric for random weights, with this value of the extra row, `(draws,)`."""
        values = np.asarray(self.values, dtype=np.float64)
        if self.among is None:
            mean = weights @ values + extra * extra_value
        else:
            weights = weights[:, self.among]
            sums = weights @ values[self.among] + extra * extra_value
            mean = sums / (weights.sum(axis=1) + extra)
        return np.asarray(self.then(mean))

    def exact(self, confidence: float) -> Interval | None:
        """The interval of Clopper and Pearson, if the values are true or false."""
        if self.values.dtype != np.bool_:
            return None
        from scipy.special import betaincinv

        among = self.values if self.among is None else self.values[self.among]
        hits, rows, tail = int(among.sum()), len(among), (1 - confidence) / 2
        low = float(betaincinv(hits, rows - hits + 1, tail)) if hits > 0 else 0.0
        high = float(betaincinv(hits + 1, rows - hits, 1 - tail)) if hits < rows else 1.0
        return float(self.then(low)), float(self.then(high))

    def minus(self, other: "Mean") -> "Sampling":
        """The difference of two means over the same rows."""
        if not np.array_equal(self._counted, other._counted):
            return Difference(self, other)
        return _PairOfMeans(self, other)

    @property
    def _counted(self) -> NDArray[np.bool_]:
        return np.ones(len(self.values), np.bool_) if self.among is None else self.among


Pair = tuple[float, float]  # a value of each of two models


class _PairOfMeans:
    """One mean minus another, over the same rows.

    On the extra row, the two models differ as much as possible. If values have no limits, they
    differ a little more than on any drawn row.
    """

    def __init__(self, one: Mean, other: Mean) -> None:
        self._one, self._other = one, other
        self._lowest, turned = _furthest(one, other), _furthest(other, one)
        self._highest = turned[::-1]

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        def mean(of: Mean, extra_value: float) -> Floats:
            return of.draw(weights, extra, extra_value)

        low, high = self._lowest, self._highest
        return (
            mean(self._one, low[0]) - mean(self._other, low[1]),
            mean(self._one, high[0]) - mean(self._other, high[1]),
        )


def _furthest(one: Mean, other: Mean) -> Pair:
    """The values of both models for a row on which `one` is as far below `other` as possible."""
    if one.possible is not None and other.possible is not None:
        number = int(np.argmin(one.possible - other.possible))
        return float(one.possible.flat[number]), float(other.possible.flat[number])
    if math.isfinite(one.lowest) and math.isfinite(other.highest):
        return one.lowest, other.highest
    values, others = (np.asarray(mean.values, np.float64) for mean in (one, other))
    number = int(np.argmin(values - others))
    if values[number] >= others[number]:
        return 0.0, 0.0
    factor = 1 + _BEYOND / len(values)
    return factor * float(values[number]), factor * float(others[number])


@dataclass(frozen=True)
class Influence:
    """A smooth metric from 0 to 1, by the influence of each row (Hampel 1974).

    A weight changes the metric by the influence of its row. The changes are added on the scale of
    log-odds, so that no draw leaves the limits.

    Args:
        value: the metric.
        rows: by how much a row changes it, for each unit of its weight, float64 `(rows,)`; their
            mean is 0.
        reach: how far the extra row can move the metric towards a limit, as a multiple of its
            weight.
    """

    value: float
    rows: Floats
    reach: float = 0.0

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        value = self._between(weights @ self.rows / (1 - extra))
        pull = 1 + extra * self.reach
        return value / pull, 1 - (1 - value) / pull

    def minus(self, other: "Influence") -> Mean:
        """The difference of two metrics over the same rows, as a mean of influences."""
        values = self.value - other.value + self.rows - other.rows
        lowest, highest = beyond(values)
        least = _LEAST_REACH * self.reach
        return Mean(values, min(lowest, -least), max(highest, least))

    def _between(self, moves: Floats) -> Floats:
        from scipy.special import expit, logit

        if not 0 < self.value < 1:
            return np.full_like(moves, self.value)
        return np.asarray(expit(logit(self.value) + moves / (self.value * (1 - self.value))))


@dataclass(frozen=True)
class Difference:
    """One metric minus another, over the same rows. The extra row helps one and harms the other."""

    one: Sampling
    other: Sampling

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        low, high = self.one.draws(weights, extra)
        other_low, other_high = self.other.draws(weights, extra)
        return low - other_high, high - other_low


def difference(one: Sampling, other: Sampling) -> Sampling:
    """How a metric of one model minus that of another varies with their common rows."""
    minus = getattr(one, "minus", None)
    return Difference(one, other) if minus is None else minus(other)


_GROUPS = 200


def jackknife(value: Callable[[Any], float], scores: Any) -> Mean:
    """A mean that varies like a metric with unknown influences of rows (Quenouille 1949).

    It leaves out each row in turn. Of more than 200 rows, it leaves out each of 200 groups.
    """
    count = len(scores)
    groups = np.arange(count) * min(count, _GROUPS) // count
    number = int(groups[-1]) + 1
    without = np.array([value(scores.take(groups != group)) for group in range(number)])
    whole = value(scores)
    # Each row gets the move of its group. The factor keeps the variance of the whole group.
    moves = (number - 1) * (without.mean() - without)[groups] * math.sqrt(count / number)
    return Mean(whole + moves - moves.mean(), -math.inf, math.inf)
