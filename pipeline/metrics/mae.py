"""Mean absolute error, in the target's unit."""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric
from pipeline.models.scores import NumberScores


def _errors(scores: NumberScores) -> NDArray[np.float64]:
    return np.asarray(np.abs(scores.truth - scores.prediction))


METRIC = Metric(task="regression", larger_is_better=False, per_row=_errors, unit="{target}")
