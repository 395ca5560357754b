"""Median absolute error, in the target's unit. Half of the errors are smaller."""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric
from pipeline.metrics._sampling import Floats, require_rows
from pipeline.models.scores import NumberScores


def _errors(scores: NumberScores) -> NDArray[np.float64]:
    return np.asarray(np.abs(scores.truth - scores.prediction))


def _median(scores: NumberScores) -> float:
    return float(np.median(_errors(scores)))


class _Median:
    """The median of the drawn rows; the extra row has the smallest or the largest error.

    The limits are two of the sorted errors. They hold for any distribution.
    """

    def __init__(self, values: Floats) -> None:
        self._order = np.argsort(values, kind="stable")
        self._sorted = values[self._order]

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        below = np.cumsum(weights[:, self._order], axis=1)
        last = len(self._sorted) - 1
        low = np.minimum((below + extra[:, None] < 0.5).sum(axis=1), last)
        high = np.minimum((below < 0.5).sum(axis=1), last)
        return self._sorted[low], self._sorted[high]


def _sampling(scores: NumberScores) -> _Median:
    require_rows(len(scores))
    return _Median(_errors(scores))


METRIC = Metric(
    task="regression",
    larger_is_better=False,
    compute=_median,
    sampling=_sampling,
    unit="{target}",
)
