"""Expected calibration error: how far the model's confidence is from its accuracy.

The rows are put into 15 bins of equal width by the probability of the predicted class. The error is
the mean over rows of |accuracy - mean confidence| of their bin (Guo et al. 2017). It is above 0
also for a calibrated model, because the accuracy of few rows varies.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric
from pipeline.metrics._sampling import Floats, require_rows
from pipeline.models.scores import ClassScores

BINS = 15
_FEWEST = 30


def bins(scores: ClassScores) -> NDArray[np.int64]:
    """The bin of each row, `(rows,)`. A limit belongs to the bin below it."""
    confidence = scores.probabilities.max(axis=1)
    return np.asarray(np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1))


def gaps(scores: ClassScores) -> Floats:
    """Hit or miss as 1 or 0, minus the confidence, `(rows,)`."""
    return np.asarray((scores.predicted == scores.truth) - scores.probabilities.max(axis=1))


def _ece(scores: ClassScores) -> float:
    sums = np.bincount(bins(scores), weights=gaps(scores), minlength=BINS)
    return float(np.abs(sums).sum() / len(scores))


class _Calibration:
    """The error is the sum of the absolute gaps of the bins, so noise only makes it larger.

    Therefore the limits come from the triangle inequality. The true error is at least the measured
    one minus the sum of the absolute changes of the gaps. It is at most the measured one plus the
    changes in the direction of each gap.
    """

    def __init__(self, scores: ClassScores) -> None:
        self._gaps = gaps(scores)[:, None] * (bins(scores)[:, None] == np.arange(BINS))

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        measured = self._gaps.mean(axis=0)
        changes = weights @ self._gaps - measured
        error = np.abs(measured).sum()
        low = error - np.abs(changes).sum(axis=1) - extra
        high = error + changes @ np.where(measured < 0, -1.0, 1.0) + extra
        return np.clip(low, 0, 1), np.clip(high, 0, 1)


def _sampling(scores: ClassScores) -> _Calibration:
    require_rows(len(scores), fewest=_FEWEST)
    return _Calibration(scores)


METRIC = Metric(
    task="classification",
    larger_is_better=False,
    compute=_ece,
    sampling=_sampling,
    needs_probabilities=True,
)
