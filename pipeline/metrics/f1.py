"""F1 of a class: the harmonic mean of its precision and recall, as `f1/setosa`."""

import numpy as np

from pipeline.metrics import Metric, UndefinedError
from pipeline.metrics._arguments import a_class
from pipeline.metrics._confusion import f1_of_jaccard
from pipeline.metrics._sampling import Mean
from pipeline.models.scores import ClassScores


def _f1(scores: ClassScores, name: str) -> float:
    from sklearn.metrics import f1_score  # takes a second to import

    number = scores.number(name)
    if not np.any((scores.truth == number) | (scores.predicted == number)):
        raise UndefinedError(f"no row is of class {name}, and the model predicts it for none")
    return float(f1_score(scores.truth == number, scores.predicted == number))


def _sampling(scores: ClassScores, name: str) -> Mean:
    """F1 is 2J / (1 + J) of the Jaccard index J.

    J is the share of hits among the rows that are of the class or predicted as it.
    """
    number = scores.number(name)
    true, predicted = scores.truth == number, scores.predicted == number
    return Mean(true & predicted, highest=1.0, among=true | predicted, then=f1_of_jaccard)


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    compute=_f1,
    sampling=_sampling,
    argument=a_class(),
)
