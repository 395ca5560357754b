"""Area under the ROC curve: how often a row of a class is ranked above a row of the rest.

`roc_auc/setosa` is one class against the rest. `roc_auc` is that of the second of two classes, and
the mean over the classes if there are more, as in `sklearn.metrics.roc_auc_score` with
`multi_class="ovr"`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric, Several
from pipeline.metrics._arguments import a_class
from pipeline.metrics._ranking import mean_influence, rankings
from pipeline.metrics._sampling import Floats, Influence
from pipeline.models.scores import ClassScores


def _roc_auc(scores: ClassScores, name: str | None) -> float:
    from sklearn.metrics import roc_auc_score  # takes a second to import

    return float(np.mean([roc_auc_score(*one) for one in rankings(scores, name)]))


def _sampling(scores: ClassScores, name: str | None) -> Influence:
    return mean_influence(rankings(scores, name), _influence)


def _influence(positive: NDArray[np.bool_], rank: Floats) -> Influence:
    """The placements of DeLong, DeLong and Clarke-Pearson (1988)."""
    share = np.mean(positive)
    influence = np.empty(len(rank))
    above = _placements(rank[positive], rank[~positive])
    value = float(above.mean())
    influence[positive] = _unbiased(above - value) / share
    influence[~positive] = _unbiased(1 - value - _placements(rank[~positive], rank[positive])) / (
        1 - share
    )
    return Influence(value, influence)


def _placements(rank: Floats, others: Floats) -> Floats:
    """The share of the others below each rank. An equal one counts half."""
    others = np.sort(others)
    below = np.searchsorted(others, rank, "left") + np.searchsorted(others, rank, "right")
    return np.asarray(below / (2 * len(others)))


def _unbiased(deviations: Floats) -> Floats:
    """Deviations with the unbiased variance as their mean square."""
    return deviations * math.sqrt(len(deviations) / (len(deviations) - 1))


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    compute=_roc_auc,
    sampling=_sampling,
    argument=a_class(is_optional=True),
    several=Several.mean,
)
