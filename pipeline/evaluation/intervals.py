"""95 % intervals of metrics, and of the difference of two models on the same rows.

docs/statistics.md explains the method and shows its simulated coverage.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from pipeline.metrics import Interval, Metric, UndefinedError
from pipeline.metrics._sampling import Floats, Mean, Sampling, TooFewError, difference
from pipeline.models.scores import Scores

CONFIDENCE = 0.95
_DRAWS = 2000
_FEWEST_DRAWS = 400
_WEIGHTS = 40_000_000  # of all draws together: many rows get fewer draws
_WEIGHTS_AT_ONCE = 1_000_000


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


def values(metrics: Mapping[str, Metric], scores: Scores) -> dict[str, Estimate]:
    """Each metric without an interval, by name."""
    return {name: _value(metric, scores) for name, metric in metrics.items()}


def estimates(metrics: Mapping[str, Metric], scores: Scores, *, seed: int) -> dict[str, Estimate]:
    """Each metric with its interval, by name.

    Args:
        seed: of the random weights. All metrics get the same weights.
    """
    without = values(metrics, scores)
    return _with_intervals(
        without, lambda name: metrics[name].varies(scores), rows=len(scores), seed=seed
    )


def difference_interval(metric: Metric, scores: Scores, other: Scores, *, seed: int) -> Estimate:
    """The paired difference of two models on the same rows, with its 95 % interval.

    Args:
        scores, other: of the same rows in the same order.
        seed: of the random weights.

    Returns:
        The metric of `scores` minus that of `other`.
    """
    return difference_intervals({"metric": metric}, scores, other, seed=seed)["metric"]


def difference_intervals(
    metrics: Mapping[str, Metric], scores: Scores, other: Scores, *, seed: int
) -> dict[str, Estimate]:
    """The paired differences of several metrics, by name; see `difference_interval`."""
    one, two = values(metrics, scores), values(metrics, other)
    return _with_intervals(
        {name: _minus(one[name], two[name]) for name in metrics},
        lambda name: difference(metrics[name].varies(scores), metrics[name].varies(other)),
        rows=len(scores),
        seed=seed,
    )


def _minus(one: Estimate, two: Estimate) -> Estimate:
    if one.value is None or two.value is None:
        return Estimate(None, None, one.reason or two.reason)
    return Estimate(one.value - two.value, None)


def _value(metric: Metric, scores: Scores) -> Estimate:
    try:
        return Estimate(metric.value(scores), None)
    except UndefinedError as error:
        return Estimate(None, None, str(error))


def _with_intervals(
    estimates: Mapping[str, Estimate],
    varies: Callable[[str], Sampling],
    *,
    rows: int,
    seed: int,
) -> dict[str, Estimate]:
    """Adds intervals to the values that are defined."""
    samplings, reasons = {}, {}
    for name, estimate in estimates.items():
        if estimate.value is not None:
            try:
                samplings[name] = varies(name)
            except TooFewError as error:
                reasons[name] = str(error)
    intervals = _intervals(samplings, rows=rows, seed=seed)
    return {
        name: estimate._replace(
            interval=_around(estimate.value, intervals.get(name)),
            reason=reasons.get(name, estimate.reason),
        )
        for name, estimate in estimates.items()
    }


def _around(value: float | None, interval: Interval | None) -> Interval | None:
    if value is None or interval is None:
        return None
    return min(interval[0], value), max(interval[1], value)


def _intervals(samplings: Mapping[str, Sampling], *, rows: int, seed: int) -> dict[str, Interval]:
    """The exact interval of a share of rows; quantiles of draws for the others."""
    exact = {
        name: interval
        for name, sampling in samplings.items()
        if isinstance(sampling, Mean) and (interval := sampling.exact(CONFIDENCE)) is not None
    }
    drawn = {name: sampling for name, sampling in samplings.items() if name not in exact}
    return exact | (_quantiles(drawn, rows=rows, seed=seed) if drawn else {})


def _quantiles(samplings: Mapping[str, Sampling], *, rows: int, seed: int) -> dict[str, Interval]:
    lows: dict[str, list[Floats]] = {name: [] for name in samplings}
    highs: dict[str, list[Floats]] = {name: [] for name in samplings}
    for weights, extra in _weights(rows, seed):
        for name, sampling in samplings.items():
            low, high = sampling.draws(weights, extra)
            lows[name].append(low)
            highs[name].append(high)
    tail = (1 - CONFIDENCE) / 2
    return {
        name: (
            float(np.quantile(np.concatenate(lows[name]), tail)),
            float(np.quantile(np.concatenate(highs[name]), 1 - tail)),
        )
        for name in samplings
    }


def _weights(rows: int, seed: int) -> Iterator[tuple[Floats, Floats]]:
    """Uniformly distributed weights of the rows and of one extra row, some draws at a time."""
    random = np.random.default_rng(seed)
    left = min(_DRAWS, max(_FEWEST_DRAWS, _WEIGHTS // rows))
    while left > 0:
        draws = min(left, max(1, _WEIGHTS_AT_ONCE // rows))
        weights = random.standard_exponential((draws, rows + 1))
        weights /= weights.sum(axis=1, keepdims=True)
        yield weights[:, :rows], weights[:, rows]
        left -= draws
