"""One-hot labels from class numbers."""

from typing import Any


def one_hot(numbers: Any, outputs: Any) -> Any:
    """Labels `(rows, classes)` for class numbers `(rows, 1)` and outputs `(rows, classes)`.

    They have the dtype of the outputs.
    """
    import keras

    flat = keras.ops.cast(keras.ops.squeeze(numbers, axis=-1), "int32")
    return keras.ops.one_hot(flat, outputs.shape[-1], dtype=outputs.dtype)
