"""Expected calibration error: how far the model's confidence is from its accuracy.

The rows are put into 15 bins of equal width by the probability of the predicted class. The error is
the mean over rows of |accuracy - mean confidence| of their bin (Guo et al. 2017). Even a calibrated
model has an error above 0, because the accuracy of few rows varies.
"""

import numpy as np

from pipeline.metrics import Metric, Several
from pipeline.metrics._calibration import BINS, bins, gaps
from pipeline.metrics._sampling import Floats, require_rows
from pipeline.models.scores import ClassScores

_FEWEST = 30


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
    several=Several.nothing,
)
