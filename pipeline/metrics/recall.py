"""Recall of a class: the share of its rows that the model finds, as `recall/setosa`."""

import numpy as np

from pipeline.metrics import Metric, UndefinedError
from pipeline.metrics._arguments import a_class
from pipeline.metrics._sampling import Mean
from pipeline.models.scores import ClassScores


def _recall(scores: ClassScores, name: str) -> float:
    from sklearn.metrics import recall_score  # takes a second to import

    number = scores.number(name)
    if not np.any(scores.truth == number):
        raise UndefinedError(f"no row is of class {name}")
    return float(recall_score(scores.truth == number, scores.predicted == number))


def _sampling(scores: ClassScores, name: str) -> Mean:
    number = scores.number(name)
    return Mean(scores.predicted == number, highest=1.0, among=scores.truth == number)


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    compute=_recall,
    sampling=_sampling,
    argument=a_class(),
)
