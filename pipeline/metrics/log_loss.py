"""Log loss: the mean of -log(probability of the true class)."""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric, Several
from pipeline.metrics._sampling import Mean
from pipeline.models.scores import ClassScores


def _losses(scores: ClassScores) -> NDArray[np.float64]:
    return np.asarray(-scores.log_probabilities[np.arange(len(scores)), scores.truth])


def _sampling(scores: ClassScores) -> Mean:
    """The extra row has the largest loss that the model could have had on any of these rows."""
    possible = -scores.log_probabilities
    return Mean(_losses(scores), highest=float(possible.max()), possible=possible)


METRIC = Metric(
    task="classification",
    larger_is_better=False,
    per_row=_losses,
    sampling=_sampling,
    needs_probabilities=True,
    unit="nats",
    several=Several.mean,
)
