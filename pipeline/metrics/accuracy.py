"""Accuracy: the share of rows that the model classifies correctly."""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Interval, Metric
from pipeline.models.scores import ClassScores


def _hits(scores: ClassScores) -> NDArray[np.bool_]:
    return np.asarray(scores.predicted == scores.truth)


def _wilson(scores: ClassScores, confidence: float) -> Interval:
    """Wilson's score interval (1927)."""
    from scipy import stats  # takes half a second; trainings do not need it

    hits = int(np.sum(_hits(scores)))
    limits = stats.binomtest(hits, len(scores)).proportion_ci(confidence, method="wilson")
    return float(limits.low), float(limits.high)


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    per_row=_hits,
    share=True,
    interval=_wilson,
    unit="share of rows",
    headline=True,
)
