"""What the output of a classifier says: probabilities by class, and the most probable class."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def predicted_classes(probabilities: NDArray[Any]) -> NDArray[np.int64]:
    """The most probable class of each row of `(rows, classes)`, or of `(rows, 1)`."""
    if probabilities.shape[1] == 1:
        return (probabilities[:, 0] > 0.5).astype(np.int64)
    return np.asarray(probabilities.argmax(axis=1))


def by_class(probabilities: NDArray[Any]) -> NDArray[Any]:
    """Probabilities `(rows, classes)`, also from `(rows, 1)` of the second class."""
    if probabilities.shape[1] > 1:
        return probabilities
    return np.hstack([1 - probabilities, probabilities])
