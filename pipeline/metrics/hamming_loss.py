"""Hamming loss: the share of labels that the model gets wrong, over all rows.

See `sklearn.metrics.hamming_loss`. The accuracy of single labels is `accuracy/<label>`, and the
mean of these is 1 - the Hamming loss.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric, Several
from pipeline.models.scores import ScoresByTarget


def _errors(scores: ScoresByTarget) -> NDArray[np.float64]:
    return np.asarray(np.mean(scores.predicted != scores.truth, axis=1))


METRIC = Metric(
    task="multi_label",
    larger_is_better=False,
    per_row=_errors,
    limits=(0.0, 1.0),
    unit="share of labels",
    several=Several.together,
)
