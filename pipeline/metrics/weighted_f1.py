"""Weighted F1: the mean of the classes' F1, each weighted by its number of rows."""

import numpy as np

from pipeline.metrics import Metric, Several
from pipeline.metrics._confusion import Confusion, Margins, f1_by_class
from pipeline.metrics._sampling import Floats, require_rows
from pipeline.models.scores import ClassScores


def _weighted_f1(scores: ClassScores) -> float:
    from sklearn.metrics import f1_score  # takes a second to import

    return float(f1_score(scores.truth, scores.predicted, average="weighted"))


def _sampling(scores: ClassScores) -> Confusion:
    require_rows(len(scores))
    return Confusion(scores, _of_margins)


def _of_margins(margins: Margins) -> Floats:
    return np.asarray((f1_by_class(margins) * margins.true).sum(axis=1))


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    compute=_weighted_f1,
    sampling=_sampling,
    several=Several.nothing,
)
