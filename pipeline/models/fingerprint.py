"""The fingerprint of a training.

It is equal only if every bit of every variable is equal.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np


def fingerprint(variables: Iterable[Any]) -> str:
    """Computes sha256 over path, shape, dtype and bytes of each Keras variable."""
    digest = hashlib.sha256()
    for variable in sorted(variables, key=lambda variable: str(variable.path)):
        value = np.ascontiguousarray(keras.ops.convert_to_numpy(variable))
        digest.update(f"{variable.path}|{value.shape}|{value.dtype.str}|".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()
