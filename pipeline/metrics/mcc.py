"""Matthews correlation coefficient (1975), for several classes by Gorodkin (2004).

It is 1 for a perfect prediction and 0 for one that does not depend on the truth.
"""

import numpy as np

from pipeline.metrics import Metric, Several, UndefinedError
from pipeline.metrics._confusion import Confusion, Margins, require_all_classes
from pipeline.metrics._sampling import Floats
from pipeline.models.scores import ClassScores


def _mcc(scores: ClassScores) -> float:
    from sklearn.metrics import matthews_corrcoef  # takes a second to import

    _require_variation(scores)
    return float(matthews_corrcoef(scores.truth, scores.predicted))


def _require_variation(scores: ClassScores) -> None:
    if len(np.unique(scores.truth)) < 2:
        raise UndefinedError("all rows are of one class")
    if len(np.unique(scores.predicted)) < 2:
        raise UndefinedError("the model predicts the same class for all rows")


def _sampling(scores: ClassScores) -> Confusion:
    require_all_classes(scores)
    return Confusion(scores, _of_margins)


def _of_margins(margins: Margins) -> Floats:
    true, predicted = margins.true, margins.predicted
    covariance = margins.hits.sum(axis=1) - (true * predicted).sum(axis=1)
    variances = (1 - (true**2).sum(axis=1)) * (1 - (predicted**2).sum(axis=1))
    return np.asarray(covariance / np.sqrt(variances))


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    compute=_mcc,
    sampling=_sampling,
    several=Several.nothing,
)
