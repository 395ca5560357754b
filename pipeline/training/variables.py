"""Reads and writes the values of Keras variables.

A value that does not fit is an error.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def values_of(variables: Sequence[Any]) -> list[NDArray[Any]]:
    """A copy of each variable's value."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assign(variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> None:
    """Assigns values; raises `ValueError` unless number, shapes and dtypes match."""
    expected = [(tuple(variable.shape), str(variable.dtype)) for variable in variables]
    received = [(value.shape, value.dtype.name) for value in values]
    if expected != received:
        differing = [pair for pair in zip(expected, received, strict=False) if pair[0] != pair[1]]
        raise ValueError(
            f"{len(received)} values for {len(expected)} variables; "
            f"first difference: {differing[:1]}"
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
