"""Average precision: the area under the curve of precision against recall.

`average_precision/setosa` is one class against the rest. `average_precision` is that of the second
of two classes, and the mean over the classes if there are more. A random ranking reaches the share
of the class. See `sklearn.metrics.average_precision_score`.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics import Metric, Several
from pipeline.metrics._arguments import a_class
from pipeline.metrics._ranking import mean_influence, rankings
from pipeline.metrics._sampling import Floats, Influence
from pipeline.models.scores import ClassScores


def _average_precision(scores: ClassScores, name: str | None) -> float:
    from sklearn.metrics import average_precision_score  # takes a second to import

    return float(np.mean([average_precision_score(*one) for one in rankings(scores, name)]))


def _sampling(scores: ClassScores, name: str | None) -> Influence:
    return mean_influence(rankings(scores, name), _influence)


def _influence(positive: NDArray[np.bool_], rank: Floats) -> Influence:
    """How the weight of each row changes the mean precision at the rows of the class.

    A row changes the precision at every row of the class with an equal or lower rank.
    """
    rows = len(rank)
    order = np.argsort(-rank, kind="stable")
    falling = -rank[order]
    # The rows with an equal or higher rank, for each row in order.
    reached = np.searchsorted(falling, falling, "right")
    hits = np.cumsum(positive[order])[reached - 1]
    precision = hits / reached
    is_hit = positive[order]
    value = float(precision[is_hit].mean())
    # Sums over the rows of the class with an equal or lower rank.
    first = np.searchsorted(falling, falling, "left")
    by_reach = _from_the_end(np.where(is_hit, 1 / reached, 0.0))[first]
    by_precision = _from_the_end(np.where(is_hit, precision / reached, 0.0))[first]
    own = np.where(is_hit, precision - value, 0.0)
    influence = np.empty(rows)
    influence[order] = (own + is_hit * by_reach - by_precision) / np.mean(positive)
    return Influence(value, influence)


def _from_the_end(values: Floats) -> Floats:
    """The sum of each value and all after it."""
    return np.asarray(np.cumsum(values[::-1])[::-1])


METRIC = Metric(
    task="classification",
    larger_is_better=True,
    compute=_average_precision,
    sampling=_sampling,
    argument=a_class(is_optional=True),
    several=Several.mean,
)
