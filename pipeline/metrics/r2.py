"""R²: the share of the targets' variance that the predictions explain."""

from dataclasses import dataclass

import numpy as np

from pipeline.metrics import Metric, Several, UndefinedError
from pipeline.metrics._sampling import Floats, beyond, require_rows
from pipeline.models.scores import NumberScores


def _r2(scores: NumberScores) -> float:
    if len(scores) < 2:
        raise UndefinedError("one row has no variance")
    if np.all(scores.truth == scores.truth[0]):
        raise UndefinedError("the target is the same in all rows")
    # Computed here, because each training of a regression measures it. scikit-learn takes a second
    # to import.
    errors = np.mean((scores.truth - scores.prediction) ** 2)
    return float(1 - errors / np.var(scores.truth))


@dataclass(frozen=True)
class _Explained:
    """1 - mean square of the errors / variance of the target.

    The worst extra row has a larger error than any other, and an ordinary prediction. The best one
    has no error, and a prediction further from the mean than any other.

    Args:
        truth: the target.
        errors: predicted minus true.
    """

    truth: Floats
    errors: Floats

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        squares = self.errors**2
        spread = (self.truth + self.errors - self.truth.mean()) ** 2
        _, worst = beyond(squares)
        _, furthest = beyond(spread)
        errors = weights @ squares
        ordinary = worst + float(spread.mean())
        low = 1 - (errors + extra * worst) / self.variance(weights, extra, ordinary)
        return low, 1 - errors / self.variance(weights, extra, furthest)

    def variance(self, weights: Floats, extra: Floats, of_extra: float) -> Floats:
        """The variance of the target in each draw.

        Args:
            of_extra: the squared deviation of the extra row from the mean.
        """
        deviations = self.truth - self.truth.mean()
        mean = weights @ deviations / (1 - extra)
        variance: Floats = weights @ deviations**2 - (1 - extra) * mean**2
        return variance + extra * of_extra

    def minus(self, other: "_Explained") -> "_Gain":
        """The difference of two models of the same target."""
        return _Gain(self, other)


@dataclass(frozen=True)
class _Gain:
    """The mean difference of squared errors / variance of the target."""

    one: _Explained
    other: _Explained

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        gains = self.other.errors**2 - self.one.errors**2
        lowest, highest = beyond(gains)
        variance = self.one.variance(weights, extra, float(np.var(self.one.truth)))
        mean = weights @ gains
        return (mean + extra * lowest) / variance, (mean + extra * highest) / variance


def _sampling(scores: NumberScores) -> _Explained:
    require_rows(len(scores))
    return _Explained(scores.truth, scores.prediction - scores.truth)


METRIC = Metric(
    task="regression",
    larger_is_better=True,
    compute=_r2,
    sampling=_sampling,
    headline="regression",
    several=Several.mean,
)
