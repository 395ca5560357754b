"""R²: the share of the targets' variance that the predictions explain."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric


def _r2(truth: NDArray[Any], prediction: NDArray[Any]) -> float:
    """Computes R². It is 0 if the targets do not vary."""
    spread = float(np.sum((truth - np.mean(truth)) ** 2))
    return 1 - float(np.sum((truth - prediction) ** 2)) / spread if spread > 0 else 0.0


METRIC = Metric(task="regression", larger_is_better=True, compute=_r2, headline=True)
