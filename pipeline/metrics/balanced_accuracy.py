"""Balanced accuracy: the mean of the classes' recalls. It is 1/K for a constant prediction.

A class without rows does not count, as in `sklearn.metrics.balanced_accuracy_score`.
"""

import numpy as np

from pipeline.metrics import Metric, Several
from pipeline.metrics._confusion import Confusion, Margins, require_all_classes
from pipeline.metrics._sampling import Floats
from pipeline.models.scores import ClassScores


def _mean_recall(scores: ClassScores) -> float:
    from sklearn.metrics import recall_score  # takes a second to import

    present = np.unique(scores.truth)
    return float(recall_score(scores.truth, scores.predicted, labels=present, average="macro"))


def _sampling(scores: ClassScores) -> Confusion:
    require_all_classes(scores)
    return Confusion(scores, _of_margins)


def _of_margins(margins: Margins) -> Floats:
    return np.asarray((margins.hits / margins.true).mean(axis=1))


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    compute=_mean_recall,
    sampling=_sampling,
    unit="mean recall",
    several=Several.nothing,
)
