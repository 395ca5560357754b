"""Mean absolute percentage error: the mean of |error| / |truth|, as a share."""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric, Several, UndefinedError
from pipeline.models.scores import NumberScores


def _errors(scores: NumberScores) -> NDArray[np.float64]:
    zeros = int(np.sum(scores.truth == 0))
    if zeros:
        raise UndefinedError(f"the target is 0 in {zeros:,} row{'s' if zeros > 1 else ''}")
    return np.asarray(np.abs((scores.truth - scores.prediction) / scores.truth))


METRIC = Metric(
    task="regression",
    larger_is_better=False,
    per_row=_errors,
    unit="share of the target",
    several=Several.mean,
)
