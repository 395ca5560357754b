"""Brier score (1950): the mean squared distance of the probabilities from the truth.

For two classes it is the mean of (p - y)², from 0 to 1. p is the probability of the second class.
For more classes it is the sum of (p - y)² over the classes, from 0 to 2. This is
`sklearn.metrics.brier_score_loss` of scikit-learn 1.7.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric, Several
from pipeline.metrics._sampling import Mean
from pipeline.models.scores import ClassScores


def _distances(scores: ClassScores) -> NDArray[np.float64]:
    return np.asarray(_by_class(scores)[np.arange(len(scores)), scores.truth])


def _by_class(scores: ClassScores) -> NDArray[np.float64]:
    """The distance of each row if each class were the true one, `(rows, classes)`.

    The sum of (p - y)² is the sum of p², plus 1 - 2p of the true class.
    """
    probabilities = scores.probabilities
    distances = np.sum(probabilities**2, axis=1, keepdims=True) + 1 - 2 * probabilities
    return np.asarray(np.maximum(distances, 0) * _highest(scores) / 2)


def _highest(scores: ClassScores) -> float:
    return 1.0 if len(scores.classes) == 2 else 2.0


def _sampling(scores: ClassScores) -> Mean:
    return Mean(_distances(scores), highest=_highest(scores), possible=_by_class(scores))


METRIC = Metric(
    task="classification",
    larger_is_better=False,
    per_row=_distances,
    limits=(0.0, 2.0),
    sampling=_sampling,
    needs_probabilities=True,
    several=Several.mean,
)
