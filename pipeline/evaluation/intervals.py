"""95 % intervals of metrics, and of the difference of two models on the same rows.

docs/statistics.md explains the method and shows its simulated coverage.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np

from pipeline.metrics import Interval, Metric, UndefinedError
from pipeline.metrics._sampling import Floats, Mean, Sampling, TooFewError, difference
from pipeline.models.label_scores import NoProbabilitiesError
from pipeline.models.scores import Scores

Key = TypeVar("Key", bound=Hashable)

CONFIDENCE = 0.95
# The seed of the random weights. It is the same for all models, so equal rows get equal weights.
SEED = 0
_DRAWS = 2000
_FEWEST_DRAWS = 400
_WEIGHTS = 40_000_000  # of all draws together: many rows get fewer draws
_WEIGHTS_AT_ONCE = 1_000_000


class Estimate(NamedTuple):
    """A value with its 95 % interval.

    Args:
        value: None if the rows do not define it.
        interval: its lower and upper limit; None if the rows are too few to say.
        reason: why the value or the interval is missing; empty if both exist.
    """

    value: float | None
    interval: Interval | None
    reason: str = ""


class _Drawn(NamedTuple):
    """An interval, and the p-value of 0 from the same draws. An exact interval has none."""

    interval: Interval | None
    p: float | None


class Against(NamedTuple):
    """One model against another by one metric, on the same rows.

    Args:
        other: the metric of the other model.
        difference: the metric of the model minus that of the other.
        p: the two-sided p-value of no difference, from the draws of the interval. If it is below
            0.05, the interval does not contain 0. None without an interval.
    """

    other: Estimate
    difference: Estimate
    p: float | None = None


def values(metrics: Mapping[str, Metric], scores: Scores) -> dict[str, Estimate]:
    """Each metric without an interval, by name."""
    return {name: _value(metric, scores) for name, metric in metrics.items()}


def estimates(metrics: Mapping[str, Metric], scores: Scores, *, seed: int) -> dict[str, Estimate]:
    """Each metric with its interval, by name.

    Args:
        seed: the seed of the random weights. All metrics get the same weights.
    """
    without = values(metrics, scores)
    measured = _with_intervals(
        without, lambda name: metrics[name].varies(scores), rows=len(scores), seed=seed
    )
    return {name: estimate for name, (estimate, _) in measured.items()}


def _minus(one: Estimate, two: Estimate) -> Estimate:
    if one.value is None or two.value is None:
        return Estimate(None, None, one.reason or two.reason)
    return Estimate(one.value - two.value, None)


def against(
    metrics: Mapping[str, Metric], scores: Scores, others: Mapping[str, Scores], *, seed: int
) -> dict[str, dict[str, Against]]:
    """Compares one model with each of the others, with 95 % intervals.

    Args:
        scores, others: scores of the same rows in the same order.
        seed: the seed of the random weights. All models and metrics get the same weights.

    Returns:
        By name of the other model and of the metric. A model without probabilities has no metrics
        that need them.
    """
    own = values(metrics, scores)
    theirs = {other: _measurable(metrics, of) for other, of in others.items()}
    without: dict[tuple[str, str, bool], Estimate] = {}
    for other, measured in theirs.items():
        for name, estimate in measured.items():
            without[other, name, False] = estimate
            without[other, name, True] = _minus(own[name], estimate)

    @cache
    def varies(other: str | None, name: str) -> Sampling:
        return metrics[name].varies(scores if other is None else others[other])

    def sampling(key: tuple[str, str, bool]) -> Sampling:
        other, name, is_difference = key
        theirs = varies(other, name)
        return difference(varies(None, name), theirs) if is_difference else theirs

    by_key = _with_intervals(without, sampling, rows=len(scores), seed=seed)
    return {
        other: {
            name: Against(by_key[other, name, False][0], *by_key[other, name, True])
            for name in names
        }
        for other, names in theirs.items()
    }


def _measurable(metrics: Mapping[str, Metric], scores: Scores) -> dict[str, Estimate]:
    """The metrics without those that need probabilities, if there are none."""
    measured = {}
    for name, metric in metrics.items():
        with suppress(NoProbabilitiesError):
            measured[name] = _value(metric, scores)
    return measured


def _value(metric: Metric, scores: Scores) -> Estimate:
    try:
        return Estimate(metric.value(scores), None)
    except UndefinedError as error:
        return Estimate(None, None, str(error))


def _with_intervals(
    estimates: Mapping[Key, Estimate],
    varies: Callable[[Key], Sampling],
    *,
    rows: int,
    seed: int,
) -> dict[Key, tuple[Estimate, float | None]]:
    """Adds intervals to the values that are defined, and the p-values of 0."""
    samplings, reasons = {}, {}
    for name, estimate in estimates.items():
        if estimate.value is not None:
            try:
                samplings[name] = varies(name)
            except TooFewError as error:
                reasons[name] = str(error)
    drawn = _intervals(samplings, rows=rows, seed=seed)
    result = {}
    for name, estimate in estimates.items():
        draws = drawn.get(name, _Drawn(None, None))
        interval = _around(estimate.value, draws.interval)
        reason = reasons.get(name, estimate.reason)
        result[name] = estimate._replace(interval=interval, reason=reason), draws.p
    return result


def _around(value: float | None, interval: Interval | None) -> Interval | None:
    if value is None or interval is None:
        return None
    return min(interval[0], value), max(interval[1], value)


def _intervals(samplings: Mapping[Key, Sampling], *, rows: int, seed: int) -> dict[Key, _Drawn]:
    """The exact interval of a share of rows; quantiles of draws for the others."""
    exact = {
        name: _Drawn(interval, None)
        for name, sampling in samplings.items()
        if isinstance(sampling, Mean) and (interval := sampling.exact(CONFIDENCE)) is not None
    }
    drawn = {name: sampling for name, sampling in samplings.items() if name not in exact}
    return exact | (_quantiles(drawn, rows=rows, seed=seed) if drawn else {})


def _quantiles(samplings: Mapping[Key, Sampling], *, rows: int, seed: int) -> dict[Key, _Drawn]:
    lows: dict[Key, list[Floats]] = {name: [] for name in samplings}
    highs: dict[Key, list[Floats]] = {name: [] for name in samplings}
    for weights, extra in _weights(rows, seed):
        for name, sampling in samplings.items():
            low, high = sampling.draws(weights, extra)
            lows[name].append(low)
            highs[name].append(high)
    return {
        name: _drawn(np.concatenate(lows[name]), np.concatenate(highs[name])) for name in samplings
    }


def _drawn(lows: Floats, highs: Floats) -> _Drawn:
    tail = (1 - CONFIDENCE) / 2
    interval = float(np.quantile(lows, tail)), float(np.quantile(highs, 1 - tail))
    # The value itself counts as one more draw, so that no p-value is 0.
    beyond = 1 + min(int(np.sum(lows <= 0)), int(np.sum(highs >= 0)))
    return _Drawn(interval, min(1.0, 2 * beyond / (len(lows) + 1)))


def smallest_p(rows: int) -> float:
    """The smallest p-value that the draws of an interval can give; see `Against`."""
    return 2 / (_draws(rows) + 1)


def _draws(rows: int) -> int:
    return min(_DRAWS, max(_FEWEST_DRAWS, _WEIGHTS // rows))


def _weights(rows: int, seed: int) -> Iterator[tuple[Floats, Floats]]:
    """Uniformly distributed weights of the rows and of one extra row, some draws at a time."""
    random = np.random.default_rng(seed)
    rest = _draws(rows)
    while rest > 0:
        draws = min(rest, max(1, _WEIGHTS_AT_ONCE // rows))
        weights = random.standard_exponential((draws, rows + 1))
        weights /= weights.sum(axis=1, keepdims=True)
        yield weights[:, :rows], weights[:, rows]
        rest -= draws
