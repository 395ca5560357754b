"""Macro F1: the mean of the classes' F1.

A class without rows and without predictions does not count, as in `sklearn.metrics.f1_score`.
"""

import numpy as np

from pipeline.metrics import Metric
from pipeline.metrics._confusion import Confusion, Margins, f1_by_class, require_all_classes
from pipeline.metrics._sampling import Floats
from pipeline.models.scores import ClassScores


def _macro_f1(scores: ClassScores) -> float:
    from sklearn.metrics import f1_score  # takes a second to import

    return float(f1_score(scores.truth, scores.predicted, average="macro"))


def _sampling(scores: ClassScores) -> Confusion:
    require_all_classes(scores)
    return Confusion(scores, _of_margins)


def _of_margins(margins: Margins) -> Floats:
    return np.asarray(f1_by_class(margins).mean(axis=1))


METRIC = Metric(task="classification", larger_is_better=True, compute=_macro_f1, sampling=_sampling)
