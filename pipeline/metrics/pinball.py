"""Pinball loss (Koenker and Bassett 1978) of a predicted quantile, as `pinball/0.9`.

The predictions that minimise its mean are the quantiles of the target.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric
from pipeline.metrics._arguments import a_quantile
from pipeline.models.scores import NumberScores


def _losses(scores: NumberScores, quantile: str) -> NDArray[np.float64]:
    error, level = scores.truth - scores.prediction, float(quantile)
    return np.maximum(level * error, (level - 1) * error)


METRIC = Metric(
    task="regression",
    larger_is_better=False,
    per_row=_losses,
    argument=a_quantile(),
    unit="{target}",
)
