"""R²: the share of the targets' variance that the predictions explain."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.metrics import Metric, UndefinedError
from pipeline.metrics._sampling import Floats, beyond, require_rows
from pipeline.models.scores import NumberScores


def _r2(scores: NumberScores) -> float:
    if len(scores) < 2:
        raise UndefinedError("one row has no variance")
    if np.all(scores.truth == scores.truth[0]):
        raise UndefinedError("the target is the same in all rows")
    # By hand, because each training of a regression measures it: scikit-learn takes a second to
    # import.
    errors = np.mean((scores.truth - scores.prediction) ** 2)
    return float(1 - errors / np.var(scores.truth))


@dataclass(frozen=True)
class _Explained:
    """1 - mean square of the errors / variance of the target.

    The extra row has a larger error than any other, or no error and a target further from the mean.
    """

    truth: Floats
    squares: Floats

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        _, largest = beyond(self.squares)
        errors = weights @ self.squares
        low = 1 - (errors + extra * largest) / _variance(self.truth, weights, extra, np.mean)
        return low, 1 - errors / _variance(self.truth, weights, extra, _furthest)

    def minus(self, other: "_Explained") -> "_Gain":
        """The difference of two models of the same target."""
        return _Gain(self.truth, other.squares - self.squares)


@dataclass(frozen=True)
class _Gain:
    """The mean difference of squared errors / variance of the target."""

    truth: Floats
    gains: Floats

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        lowest, highest = beyond(self.gains)
        gains = weights @ self.gains
        variance = _variance(self.truth, weights, extra, np.mean)
        return (gains + extra * lowest) / variance, (gains + extra * highest) / variance


def _variance(truth: Floats, weights: Floats, extra: Floats, of_extra: Any) -> Floats:
    """The variance of the target in each draw.

    Args:
        of_extra: the squared deviation of the extra row, from those of the others.
    """
    deviations = truth - truth.mean()
    squares = deviations**2
    mean = weights @ deviations / (1 - extra)
    variance: Floats = weights @ squares - (1 - extra) * mean**2
    return np.asarray(variance + extra * of_extra(squares))


def _furthest(squares: Floats) -> float:
    return beyond(squares)[1]


def _sampling(scores: NumberScores) -> _Explained:
    require_rows(len(scores))
    return _Explained(scores.truth, (scores.truth - scores.prediction) ** 2)


METRIC = Metric(
    task="regression", larger_is_better=True, compute=_r2, sampling=_sampling, headline=True
)
