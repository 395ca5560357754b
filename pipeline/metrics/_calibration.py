"""Bins of confidence, for the expected calibration error and the reliability diagram."""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics._sampling import Floats
from pipeline.models.scores import ClassScores

BINS = 15  # of equal width, as in Guo et al. (2017)


def confidence(scores: ClassScores) -> Floats:
    """The probability of the predicted class, `(rows,)`."""
    return np.asarray(scores.probabilities.max(axis=1))


def bins(scores: ClassScores) -> NDArray[np.int64]:
    """The bin of each row, `(rows,)`. A limit belongs to the bin below it."""
    numbers = np.ceil(confidence(scores) * BINS).astype(np.int64) - 1
    return np.asarray(np.clip(numbers, 0, BINS - 1))


def gaps(scores: ClassScores) -> Floats:
    """Hit or miss as 1 or 0, minus the confidence, `(rows,)`."""
    return np.asarray((scores.predicted == scores.truth) - confidence(scores))
