"""Log loss: the mean of -log(probability of the true class)."""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric
from pipeline.models.scores import ClassScores


def _losses(scores: ClassScores) -> NDArray[np.float64]:
    return np.asarray(-scores.log_probabilities[np.arange(len(scores)), scores.truth])


METRIC = Metric(task="classification", larger_is_better=False, per_row=_losses, unit="nats")
