"""Micro F1: F1 over the labels of all rows together, so frequent labels count more.

It is `sklearn.metrics.f1_score` with `average="micro"`.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric, Several, UndefinedError
from pipeline.metrics._sampling import Floats
from pipeline.models.scores import ScoresByTarget


def _counts(scores: ScoresByTarget) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Counts for each row the labels that are true and predicted, and true or predicted."""
    true, predicted = scores.truth == 1, scores.predicted == 1
    return (true & predicted).sum(axis=1), (true | predicted).sum(axis=1)


def _micro_f1(scores: ScoresByTarget) -> float:
    hits, either = _counts(scores)
    if not either.any():
        raise UndefinedError("no row has a label, and the model predicts none")
    return float(2 * hits.sum() / (hits.sum() + either.sum()))


class _Share:
    """F1 is 2J / (1 + J) of the share J of hits among the labels that are true or predicted.

    All labels of the extra row are wrong, or all are right. It has as many as the row with most.
    """

    def __init__(self, scores: ScoresByTarget) -> None:
        self._hits, self._either = _counts(scores)

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        most = extra * self._either.max()
        hits, either = weights @ self._hits, weights @ self._either + most
        low, high = hits / either, (hits + most) / either
        return 2 * low / (1 + low), 2 * high / (1 + high)


METRIC = Metric(
    task="multi_label",
    larger_is_better=True,
    compute=_micro_f1,
    sampling=_Share,
    several=Several.together,
)
