"""Accuracy: the share of rows that the model classifies correctly."""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric
from pipeline.models.scores import ClassScores


def _hits(scores: ClassScores) -> NDArray[np.bool_]:
    return np.asarray(scores.predicted == scores.truth)


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    per_row=_hits,
    share=True,
    limits=(0.0, 1.0),
    unit="share of rows",
    headline="classification",
)
