"""Norms of several arrays together."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def norm(arrays: Iterable[NDArray[np.generic]]) -> float:
    """The Euclidean norm of all values, summed in float64."""
    squares = [float(np.sum(np.square(np.asarray(array, np.float64)))) for array in arrays]
    return float(np.sqrt(sum(squares)))
