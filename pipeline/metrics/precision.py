"""Precision of a class: how often the model is right when it predicts it, as `precision/setosa`."""

import numpy as np

from pipeline.metrics import Metric, UndefinedError
from pipeline.metrics._arguments import a_class
from pipeline.metrics._sampling import Mean
from pipeline.models.scores import ClassScores


def _precision(scores: ClassScores, name: str) -> float:
    from sklearn.metrics import precision_score  # takes a second to import

    number = scores.number(name)
    if not np.any(scores.predicted == number):
        raise UndefinedError(f"the model predicts class {name} for no row")
    return float(precision_score(scores.truth == number, scores.predicted == number))


def _sampling(scores: ClassScores, name: str) -> Mean:
    number = scores.number(name)
    return Mean(scores.truth == number, highest=1.0, among=scores.predicted == number)


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    compute=_precision,
    sampling=_sampling,
    argument=a_class(),
)
