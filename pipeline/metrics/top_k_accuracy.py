"""Top-k accuracy: the share of rows with the true class among the k most probable ones.

The name carries k: `top_k_accuracy/3`.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric, Several
from pipeline.metrics._arguments import a_count
from pipeline.models.scores import ClassScores


def _hits(scores: ClassScores, k: str) -> NDArray[np.bool_]:
    """Of two equally probable classes, the one with the smaller number comes first."""
    best = np.argsort(-scores.log_probabilities, axis=1, kind="stable")[:, : int(k)]
    return np.asarray((best == scores.truth[:, None]).any(axis=1))


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    per_row=_hits,
    share=True,
    limits=(0.0, 1.0),
    argument=a_count(),
    unit="share of rows",
    several=Several.nothing,
)
