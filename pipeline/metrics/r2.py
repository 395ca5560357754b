"""R²: the share of the targets' variance that the predictions explain."""

import numpy as np

from pipeline.metrics import Metric
from pipeline.models.scores import NumberScores


def _r2(scores: NumberScores) -> float:
    """Computes R². It is 0 if the targets do not vary."""
    spread = float(np.sum((scores.truth - np.mean(scores.truth)) ** 2))
    error = float(np.sum((scores.truth - scores.prediction) ** 2))
    return 1 - error / spread if spread > 0 else 0.0


METRIC = Metric(task="regression", larger_is_better=True, compute=_r2, headline=True)
