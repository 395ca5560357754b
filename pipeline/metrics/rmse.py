"""Root of the mean squared error, in the target's unit."""

import numpy as np

from pipeline.metrics import Metric
from pipeline.metrics._sampling import Mean, require_rows
from pipeline.models.scores import NumberScores


def _rmse(scores: NumberScores) -> float:
    return float(np.sqrt(np.mean((scores.truth - scores.prediction) ** 2)))


def _sampling(scores: NumberScores) -> Mean:
    require_rows(len(scores))
    return Mean((scores.truth - scores.prediction) ** 2, then=np.sqrt)


METRIC = Metric(
    task="regression",
    larger_is_better=False,
    compute=_rmse,
    sampling=_sampling,
    unit="{target}",
)
