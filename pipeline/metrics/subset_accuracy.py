"""Subset accuracy: the share of rows with all labels right.

It is `sklearn.metrics.accuracy_score` of several labels, also known as exact match.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric, Several
from pipeline.models.scores import ScoresByTarget


def _hits(scores: ScoresByTarget) -> NDArray[np.bool_]:
    return np.asarray(np.all(scores.predicted == scores.truth, axis=1))


METRIC = Metric(
    task="multi_label",
    larger_is_better=True,
    per_row=_hits,
    share=True,
    limits=(0.0, 1.0),
    unit="share of rows",
    several=Several.together,
)
