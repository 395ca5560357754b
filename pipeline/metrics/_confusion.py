"""How metrics of the confusion matrix vary with their rows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics._sampling import FEWEST_OF_A_CLASS, Floats, require_rows
from pipeline.models.scores import ClassScores


@dataclass(frozen=True)
class Margins:
    """Shares of the rows in many confusion matrices, float64 `(draws, classes)`.

    Args:
        hits: by class, the rows of the class that are predicted correctly.
        true: the rows of the class.
        predicted: the rows that are predicted as the class.
    """

    hits: Floats
    true: Floats
    predicted: Floats


class Confusion:
    """A metric of the confusion matrix.

    The worst extra row is an error, spread evenly over all pairs of classes. The best one is a hit,
    spread over the classes by their shares of the rows.

    Args:
        function: the metric of many matrices, `(draws,)`.
    """

    def __init__(self, scores: ClassScores, function: Callable[[Margins], Floats]) -> None:
        self._matrix = _matrix(scores)
        self._shares = support(scores) / len(scores)
        self._function = function

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        hits, true, predicted = self._matrix.margins(weights)
        missed = extra[:, None] / len(self._shares)
        hit = extra[:, None] * self._shares
        return (
            self._function(Margins(hits, true + missed, predicted + missed)),
            self._function(Margins(hits + hit, true + hit, predicted + hit)),
        )

    def minus(self, other: "Confusion") -> "_Pair":
        """The difference of the metrics of two models over the same rows."""
        return _Pair(self, other)

    def with_rare_row(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        """The metric with an extra row of the rarest class: once missed, once hit."""
        hits, true, predicted = self._matrix.margins(weights)
        rare, *_, common = np.argsort(self._shares, kind="stable")
        of_rare, of_common = extra[:, None] * np.eye(len(self._shares))[[rare, common], None]
        return (
            self._function(Margins(hits, true + of_rare, predicted + of_common)),
            self._function(Margins(hits + of_rare, true + of_rare, predicted + of_rare)),
        )


class _Pair:
    """A metric of one model minus that of another.

    The extra row is of the rarest class, because it moves the metrics most. One model hits it, and
    the other predicts the commonest class.
    """

    def __init__(self, one: Confusion, other: Confusion) -> None:
        self._one, self._other = one, other

    def draws(self, weights: Floats, extra: Floats) -> tuple[Floats, Floats]:
        missed, hit = self._one.with_rare_row(weights, extra)
        other_missed, other_hit = self._other.with_rare_row(weights, extra)
        return missed - other_hit, hit - other_missed


class _Matrix:
    """The confusion matrix for random weights of the rows."""

    def __init__(self, scores: ClassScores) -> None:
        classes = len(scores.classes)
        cells, self._cell = np.unique(
            scores.truth * classes + scores.predicted, return_inverse=True
        )
        names = np.arange(classes)
        self._true = (cells[:, None] // classes == names).astype(np.float64)
        self._predicted = (cells[:, None] % classes == names).astype(np.float64)
        self._weights: Floats | None = None

    def margins(self, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """The hits, true rows and predicted rows of each class, `(draws, classes)` each.

        Several metrics ask for the same weights one after another, so the last answer is cached.
        """
        if weights is not self._weights:
            count = len(self._true)
            cells = np.stack([np.bincount(self._cell, row, count) for row in weights])
            hits = cells @ (self._true * self._predicted)
            self._margins = hits, cells @ self._true, cells @ self._predicted
            self._weights = weights
        return self._margins


@lru_cache(maxsize=8)
def _matrix(scores: ClassScores) -> _Matrix:
    """One matrix for all metrics of the same scores."""
    return _Matrix(scores)


def require_all_classes(scores: ClassScores) -> None:
    """Raises `TooFewError` unless each class has enough rows for an interval."""
    for name, rows in zip(scores.classes, support(scores), strict=True):
        require_rows(int(rows), of=f"rows of class {name}", fewest=FEWEST_OF_A_CLASS)


def support(scores: ClassScores) -> NDArray[np.int64]:
    """The number of rows of each class, `(classes,)`."""
    return np.bincount(scores.truth, minlength=len(scores.classes))


def f1_by_class(margins: Margins) -> Floats:
    """F1 of each class, `(draws, classes)`; 0 for a class without rows and predictions."""
    total = margins.true + margins.predicted
    return np.asarray(2 * margins.hits / np.where(total > 0, total, 1))


def f1_of_jaccard(share: Any) -> Any:
    """F1 of a Jaccard index, or of an array of them."""
    return 2 * share / (1 + share)
