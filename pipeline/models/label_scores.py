"""The scores of a classifier that gives classes, but no probabilities."""

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from pipeline.models.scores import ClassScores


class NoProbabilitiesError(Exception):
    """A metric needs probabilities, and the classifier gives none."""


class LabelScores(ClassScores):
    """The scores of a classifier without probabilities.

    Args:
        truth, predicted: class numbers, int64 `(rows,)`.
        classes: the names of the classes by number.
    """

    def __init__(
        self, truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[str]
    ) -> None:
        vars(self).update(truth=truth, predicted=predicted, classes=classes)

    @property
    def log_probabilities(self) -> NoReturn:
        """Raises `NoProbabilitiesError`, and so do values that are computed from probabilities."""
        raise NoProbabilitiesError

    def take(self, rows: Any) -> "LabelScores":
        return LabelScores(self.truth[rows], self.predicted[rows], self.classes)
