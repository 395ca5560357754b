"""Tests whether two groups of trainings differ by more than the luck of their seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from pipeline.comparing import rounding
from pipeline.comparing.holm import LEVEL
from pipeline.evaluation.intervals import CONFIDENCE
from pipeline.metrics import Interval

MOST_ENUMERATED = 20_000  # ways to divide the seeds; if there are more, so many are drawn
POWER = 0.8
_MOST_SEEDS = 10_000
_SAME = 1e-9  # statistics that are closer, relative to the observed one, are equal
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SeedsTest:
    """Two groups of trainings by one metric.

    Args:
        difference: the mean of the first group minus that of the second.
        interval: the 95 % limits of Welch (1947).
        p: the larger one of the permutation test and of the interval, two-sided.
        permutation_p: that of the permutation test.
        is_exact: whether all ways to divide the seeds were enumerated.
        smallest_p: the smallest p that the permutation test can have with so many seeds.
    """

    difference: float
    interval: Interval
    p: float
    permutation_p: float
    is_exact: bool
    smallest_p: float


@dataclass(frozen=True)
class Effect:
    """The size of an effect.

    Args:
        size: Hedges' g, the difference in standard deviations of a seed.
        interval: its 95 % limits; None for a huge effect.
    """

    size: float
    interval: Interval | None


def compare_seeds(one: Sequence[float], other: Sequence[float]) -> SeedsTest:
    """Tests the difference of the means of two groups, each of two seeds or more.

    The permutation test divides all values in every possible way (Fisher 1935; Pitman 1937). Its
    statistic is Welch's t. It also suits groups of unequal size and spread (Janssen 1997). For
    groups of equal size, it orders the ways as the difference of the means does.
    """
    first, second = np.asarray(one, float), np.asarray(other, float)
    difference = float(first.mean() - second.mean())
    interval, welch_p = _welch(first, second, difference)
    permutation_p, is_exact = _permutation(first, second)
    return SeedsTest(
        difference=difference,
        interval=interval,
        p=max(permutation_p, welch_p),
        permutation_p=permutation_p,
        is_exact=is_exact,
        smallest_p=smallest_p(len(first), len(second)),
    )


def smallest_p(one: int, other: int) -> float:
    """The smallest p-value of the permutation test for two groups of these sizes.

    With 3 and 3 seeds it is 0.1, so they can never show a difference.
    """
    ways = math.comb(one + other, one)
    # In groups of equal size, each way has a mirror image that is as extreme.
    return (2 if one == other else 1) / (min(ways, MOST_ENUMERATED + 1))


def _welch(one: _Floats, other: _Floats, difference: float) -> tuple[Interval, float]:
    """The interval of Welch, and its p-value. The rounding of values counts as noise."""
    from scipy.special import stdtr

    noise = rounding.variance(rounding.step(one.tolist(), other.tolist()))
    parts = np.array([(np.var(sample, ddof=1) + noise) / len(sample) for sample in (one, other)])
    error = math.sqrt(parts.sum())
    if error == 0:
        return (difference, difference), 1.0  # all values of both groups are equal
    counts = np.array([len(one) - 1, len(other) - 1])
    degrees = float(parts.sum() ** 2 / np.sum(parts**2 / counts))
    margin = float(stdtrit(degrees, (1 + CONFIDENCE) / 2)) * error
    p = 2 * float(stdtr(degrees, -abs(difference) / error))
    return (difference - margin, difference + margin), p


def _permutation(one: _Floats, other: _Floats) -> tuple[float, bool]:
    """The two-sided p-value, and whether it is exact."""
    values, size = np.concatenate([one, other]), len(one)
    chosen, is_exact = _ways(len(values), size)
    statistics = _statistics(values, chosen)
    observed = _statistics(values, (np.arange(len(values)) < size)[None])[0]
    extreme = int(np.sum(statistics >= observed * (1 - _SAME)))
    added = 0 if is_exact else 1  # the observed way is one of them (Phipson and Smyth 2010)
    return (extreme + added) / (len(chosen) + added), is_exact


@lru_cache(maxsize=4)
def _ways(count: int, size: int) -> tuple[NDArray[np.bool_], bool]:
    """The ways to choose `size` of `count` values, and whether they are all.

    Returns:
        Bool of shape (ways, count), true for the chosen ones.
    """
    is_exact = math.comb(count, size) <= MOST_ENUMERATED
    if is_exact:
        places = np.array(list(combinations(range(count), size)))
    else:
        keys = np.random.default_rng(0).random((MOST_ENUMERATED, count))
        places = np.argsort(keys, axis=1)[:, :size]
    chosen = np.zeros((len(places), count), bool)
    np.put_along_axis(chosen, places, values=True, axis=1)
    return chosen, is_exact


def _statistics(values: _Floats, chosen: NDArray[np.bool_]) -> _Floats:
    """The absolute value of Welch's t for each way to choose a group.

    Args:
        chosen: the values of the first group, `(ways, values)`.
    """
    centred = values - values.mean()
    scale = np.abs(centred).max()
    if scale == 0:
        return np.zeros(len(chosen))
    centred /= scale
    means, errors = [], np.zeros(len(chosen))
    for group in (chosen, ~chosen):
        size = int(group[0].sum())
        mean = group @ centred / size
        squares = np.maximum(group @ centred**2 - size * mean**2, 0.0)
        means.append(mean)
        errors += squares / (size - 1) / size
    distance = np.abs(means[0] - means[1])
    distance[distance < _SAME] = 0.0
    # Groups without spread have an infinite t. A tiny error keeps their order.
    return np.asarray(distance / np.sqrt(np.maximum(errors, _SAME**2)))


def effect_of(one: Sequence[float], other: Sequence[float]) -> Effect | None:
    """Hedges' g with the limits of the noncentral t distribution. None if no seed varies.

    L. V. Hedges, *Distribution theory for Glass's estimator of effect size*, Journal of Educational
    Statistics 6, 1981.
    """
    degrees = len(one) + len(other) - 2
    squares = (len(one) - 1) * np.var(one, ddof=1) + (len(other) - 1) * np.var(other, ddof=1)
    deviation = math.sqrt(squares / degrees)
    if deviation <= _SAME * max(map(abs, [*one, *other])):
        return None
    effect = float(np.mean(one) - np.mean(other)) / deviation
    correction = 1 - 3 / (4 * degrees - 1)
    factor = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    limits = _noncentralities(effect * factor, degrees)
    if limits is None:
        return Effect(correction * effect, None)
    low, high = (correction * limit / factor for limit in limits)
    return Effect(correction * effect, (low, high))


_LARGEST_T = 30.0  # beyond it, the noncentral t distribution is not computed exactly


def _noncentralities(t: float, degrees: int) -> Interval | None:
    """The 95 % limits of the noncentrality of an observed t."""
    from scipy.optimize import brentq
    from scipy.stats import nct

    if abs(t) > _LARGEST_T:
        return None
    tail, reach = (1 - CONFIDENCE) / 2, 10 + 2 * abs(t)

    def limit(share: float) -> float:
        result = brentq(
            lambda noncentrality: nct.cdf(abs(t), degrees, noncentrality) - share, -reach, reach
        )
        return float(result)

    low, high = limit(1 - tail), limit(tail)
    return (low, high) if t >= 0 else (-high, -low)


def seeds_for(effect: float, *, level: float = LEVEL) -> int | None:
    """The seeds of each group with which a t test shows a true effect with a power of 80 %.

    Args:
        effect: the difference in standard deviations of a seed.
        level: the level of the test. With several comparisons it is smaller.

    Returns:
        At least as many as the permutation test needs; None for more than 10,000.
    """
    least = next(count for count in range(2, 100) if smallest_p(count, count) <= level)
    low, high = least - 1, least
    while _power(effect, high, level) < POWER:
        low, high = high, 2 * high
        if low > _MOST_SEEDS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _power(effect, middle, level) >= POWER else (middle, high)
    return high if high <= _MOST_SEEDS else None


def _power(effect: float, count: int, level: float) -> float:
    """The power of a two-sided t test of two groups of `count` values."""
    from scipy.stats import nct

    degrees, noncentrality = 2 * count - 2, abs(effect) * math.sqrt(count / 2)
    if noncentrality > _LARGEST_T:
        return 1.0
    critical = float(stdtrit(degrees, 1 - level / 2))
    return float(
        nct.sf(critical, degrees, noncentrality) + nct.cdf(-critical, degrees, noncentrality)
    )
