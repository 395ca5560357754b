"""Test metrics over a series of trainings: over seeds of one split, over splits, or over folds."""

import math
import statistics
from collections.abc import Mapping, Sequence

from scipy.special import stdtrit

from pipeline.evaluation.intervals import CONFIDENCE
from pipeline.metrics import Interval

Metrics = Mapping[str, float]


def over_seeds(runs: Sequence[Metrics]) -> dict[str, dict[str, float]]:
    """`mean` and `sd` by metric, over runs that differ only in the seed of the training.

    The result has no interval. All runs are trained and tested on the same rows, so their spread
    shows how much a result depends on the seed. It does not show the result on other rows.

    Args:
        runs: the test metrics of two or more runs.
    """
    values = _values(runs)
    return {
        "mean": {name: statistics.mean(of_runs) for name, of_runs in values.items()},
        "sd": {name: statistics.stdev(of_runs) for name, of_runs in values.items()},
    }


def over_splits(runs: Sequence[Metrics], *, ratio: float) -> dict[str, dict[str, float]]:
    """`mean`, `sd`, and the 95 % limits `low` and `high` of the mean, over splits or folds.

    Args:
        runs: the test metrics of two or more runs, each on a split of its own.
        ratio: the test rows of a split, divided by its training rows.
    """
    limits = {name: corrected_interval(values, ratio) for name, values in _values(runs).items()}
    return over_seeds(runs) | {
        "low": {name: low for name, (low, _) in limits.items()},
        "high": {name: high for name, (_, high) in limits.items()},
    }


def corrected_interval(values: Sequence[float], ratio: float) -> Interval:
    """The 95 % limits of the mean over splits: the corrected resampled t interval.

    The splits share rows, so their values depend on each other, and Student's t interval is far too
    narrow. Nadeau and Bengio ("Inference for the generalization error", Machine Learning 52, 2003)
    estimate the variance of the mean of J values by (1 / J + ratio) times the variance of a value.
    docs/splits.md shows its coverage. For folds it is wider than needed; no estimate is unbiased
    there (Bengio and Grandvalet, JMLR 5, 2004).

    Args:
        values: two or more.
        ratio: the test rows of a split, divided by its training rows.
    """
    count, mean = len(values), statistics.mean(values)
    quantile = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2))
    margin = quantile * statistics.stdev(values) * math.sqrt(1 / count + ratio)
    return mean - margin, mean + margin


def _values(runs: Sequence[Metrics]) -> dict[str, list[float]]:
    """The values of each metric that all runs have, and that is finite in all of them."""
    by_name = {name: [run.get(name, math.nan) for run in runs] for name in runs[0]}
    return {name: values for name, values in by_name.items() if all(map(math.isfinite, values))}
