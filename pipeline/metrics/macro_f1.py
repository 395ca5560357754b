"""Macro F1: the mean of the classes' F1, or of the labels' F1.

A class without rows and predictions is left out. A label without them counts as 0. Both are as in
`sklearn.metrics.f1_score`.
"""

import numpy as np

from pipeline.metrics import Metric, Several
from pipeline.metrics._confusion import (
    Confusion,
    Margins,
    f1_by_class,
    f1_of_jaccard,
    require_all_classes,
)
from pipeline.metrics._sampling import Floats, Mean, Sampling
from pipeline.metrics._targets import MeanOf
from pipeline.models.scores import ClassScores, ScoresByTarget


def _macro_f1(scores: ClassScores | ScoresByTarget) -> float:
    if isinstance(scores, ScoresByTarget):
        true, predicted = scores.truth == 1, scores.predicted == 1
        counts = true.sum(axis=0) + predicted.sum(axis=0)
        return float(np.mean(2 * (true & predicted).sum(axis=0) / np.maximum(counts, 1)))
    from sklearn.metrics import f1_score  # takes a second to import

    return float(f1_score(scores.truth, scores.predicted, average="macro"))


def _sampling(scores: ClassScores | ScoresByTarget) -> Sampling:
    if isinstance(scores, ScoresByTarget):
        pairs = zip((scores.truth == 1).T, (scores.predicted == 1).T, strict=True)
        return MeanOf(
            [
                Mean(true & predicted, highest=1.0, among=true | predicted, then=f1_of_jaccard)
                for true, predicted in pairs
            ]
        )
    require_all_classes(scores)
    return Confusion(scores, _of_margins)


def _of_margins(margins: Margins) -> Floats:
    return np.asarray(f1_by_class(margins).mean(axis=1))


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    compute=_macro_f1,
    sampling=_sampling,
    headline="multi_label",
    several=Several.together,
)
