"""Metrics of predictions, and their 95 % confidence intervals."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Interval = tuple[float, float]
CONFIDENCE = 0.95
RESAMPLES = 1000
_SMALLEST = 1e-7  # probabilities are kept this far from 0 and 1, as Keras does


def predicted_classes(probabilities: Array) -> NDArray[np.int64]:
    """The most probable class of each row of `(rows, classes)`, or of `(rows, 1)`; shape (rows,)."""
    if probabilities.shape[1] == 1:
        return (probabilities[:, 0] >= 0.5).astype(np.int64)
    return np.asarray(probabilities.argmax(axis=1))


def by_class(probabilities: Array) -> Array:
    """Probabilities `(rows, classes)`, also of a model that gives only that of the second class, `(rows, 1)`."""
    return (
        probabilities
        if probabilities.shape[1] > 1
        else np.hstack([1 - probabilities, probabilities])
    )


def classification(labels: NDArray[np.int64], probabilities: Array) -> dict[str, float]:
    """`accuracy` and `log_loss` (nats) of probabilities `(rows, classes)` or `(rows, 1)` for labels `(rows,)`."""
    return {
        "accuracy": float(np.mean(predicted_classes(probabilities) == labels)),
        "log_loss": float(np.mean(_surprise(labels, probabilities))),
    }


def regression(targets: Array, predictions: Array) -> dict[str, float]:
    """`mse` and `mae` in the target's unit (squared for mse), and `r2`, for vectors `(rows,)`."""
    return {
        "mse": _mse(targets, predictions),
        "mae": _mae(targets, predictions),
        "r2": _r2(targets, predictions),
    }


def classification_intervals(
    labels: NDArray[np.int64], probabilities: Array, *, seed: int
) -> dict[str, Interval]:
    """95 % limits: Wilson's (1927) for `accuracy`, the bootstrap's for `log_loss`."""
    right = int(np.sum(predicted_classes(probabilities) == labels))
    from scipy import stats  # takes half a second, which a sweep need not wait for

    wilson = stats.binomtest(right, len(labels)).proportion_ci(CONFIDENCE, method="wilson")
    surprise = _surprise(labels, probabilities)
    return {
        "accuracy": (float(wilson.low), float(wilson.high)),
        "log_loss": _bootstrap(lambda rows: float(np.mean(surprise[rows])), len(labels), seed),
    }


def regression_intervals(targets: Array, predictions: Array, *, seed: int) -> dict[str, Interval]:
    """95 % limits of each metric of `regression`, by the percentile bootstrap over rows."""
    return {
        name: _bootstrap(partial(_of_rows, metric, targets, predictions), len(targets), seed)
        for name, metric in (("mse", _mse), ("mae", _mae), ("r2", _r2))
    }


def _of_rows(
    metric: Callable[[Array, Array], float],
    targets: Array,
    predictions: Array,
    rows: NDArray[np.int64],
) -> float:
    return metric(targets[rows], predictions[rows])


def _bootstrap(statistic: Callable[[NDArray[np.int64]], float], rows: int, seed: int) -> Interval:
    """Percentile interval (Efron 1979) of a statistic over `RESAMPLES` resamples of row numbers."""
    random = np.random.default_rng(seed)
    values = [statistic(random.integers(rows, size=rows)) for _ in range(RESAMPLES)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _surprise(labels: NDArray[np.int64], probabilities: Array) -> Array:
    """Minus the log of the probability given to the true class, of each row."""
    clipped = np.clip(by_class(probabilities.astype(np.float64)), _SMALLEST, 1 - _SMALLEST)
    return np.asarray(-np.log(clipped[np.arange(len(labels)), labels]))


def _mse(targets: Array, predictions: Array) -> float:
    return float(np.mean((targets - predictions) ** 2))


def _mae(targets: Array, predictions: Array) -> float:
    return float(np.mean(np.abs(targets - predictions)))


def _r2(targets: Array, predictions: Array) -> float:
    """Share of the targets' variance explained; 0 where the targets do not vary."""
    spread = float(np.sum((targets - np.mean(targets)) ** 2))
    return 1 - float(np.sum((targets - predictions) ** 2)) / spread if spread > 0 else 0.0
