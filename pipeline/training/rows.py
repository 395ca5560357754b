"""Provides rows to a compiled program, from memory or in blocks from disk."""

from typing import Any, Protocol

import numpy as np
import psutil
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.config.training import Training
from pipeline.data.prepared import Split
from pipeline.training.fitted_model import columns

# A block exists twice: as numpy gathered it, and as TensorFlow holds it.
_COPIES = 2


class Rows(Protocol):
    """Rows for a program. It can get up to `max_batches` batches at a time."""

    max_batches: int

    def take(self, order: NDArray[np.int32], first: int, count: int) -> tuple[Any, Any, int]:
        """Provides the rows `order[first : first + count]`.

        Returns:
            An order, arrays, and the place in that order at which the rows begin.
        """
        ...


class Resident:
    """All rows in memory. A program gathers them in any order."""

    def __init__(self, split: Split, batch_size: int) -> None:
        self.max_batches = -(-len(split) // batch_size)
        self._arrays = tf.nest.map_structure(
            lambda array: tf.constant(np.asarray(array)), columns(split)
        )

    def take(self, order: NDArray[np.int32], first: int, count: int) -> tuple[Any, Any, int]:  # noqa: ARG002 - of Rows
        """The whole order and all arrays."""
        return tf.constant(order), self._arrays, first


class Streamed:
    """Rows that are read from disk into blocks.

    All blocks have one size, so XLA compiles once.
    """

    def __init__(self, split: Split, batch_size: int, *, limit: int) -> None:
        self._columns = columns(split)
        row = size_of(split) / len(split)
        self.max_batches = max(1, int(limit / (_COPIES * row)) // batch_size)
        self._order = tf.range(min(self.max_batches * batch_size, len(split)))

    def take(self, order: NDArray[np.int32], first: int, count: int) -> tuple[Any, Any, int]:
        """A block that begins with the rows.

        The rest of the block is undefined.
        """
        rows = order[first : first + count]

        def block(array: NDArray[Any]) -> Any:
            values = np.empty((len(self._order), *array.shape[1:]), array.dtype)
            # Any mode except "clip" would make one more copy.
            np.take(array, rows, axis=0, out=values[:count], mode="clip")
            return tf.constant(values)

        return self._order, tf.nest.map_structure(block, self._columns), 0


def rows_of(split: Split, batch_size: int, *, limit: int | None) -> Rows:
    """Keeps rows in memory if they fit into `limit` bytes; otherwise streams them."""
    if limit is None or size_of(split) <= limit:
        return Resident(split, batch_size)
    return Streamed(split, batch_size, limit=limit)


def memory_limit(training: Training) -> int:
    """The bytes for the training split: the setting, or half of the free memory."""
    if training.in_memory_limit is not None:
        return training.in_memory_limit
    return int(psutil.virtual_memory().available) // 2


def size_of(split: Split) -> int:
    """The bytes of all arrays of a split."""
    return sum(array.nbytes for array in tf.nest.flatten(columns(split)))
