"""Mean squared error, in the target's unit squared."""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric
from pipeline.models.scores import NumberScores


def _errors(scores: NumberScores) -> NDArray[np.float64]:
    return np.asarray((scores.truth - scores.prediction) ** 2)


METRIC = Metric(
    task="regression", larger_is_better=False, per_row=_errors, unit="{target}, squared"
)
