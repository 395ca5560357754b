"""Where the rows of a compiled program lie: all of them in memory, or a block at a time read from disk."""

from typing import Any, Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.data.prepared import Part
from pipeline.training.fitted_model import columns

_COPIES = 2  # a block as numpy gathered it, and as TensorFlow holds it


class Rows(Protocol):
    """Gives a program its rows; `most` is how many batches it can have at a time."""

    most: int

    def take(self, order: NDArray[np.int32], first: int, count: int) -> tuple[Any, Any, int]:
        """An order, arrays, and where in that order the rows `order[first : first + count]` begin."""
        ...


class Resident:
    """All rows in memory: a program gathers them in any order."""

    def __init__(self, part: Part, batch_size: int) -> None:
        self.most = -(-len(part) // batch_size)
        self._arrays = tf.nest.map_structure(
            lambda array: tf.constant(np.asarray(array)), columns(part)
        )

    def take(self, order: NDArray[np.int32], first: int, count: int) -> tuple[Any, Any, int]:  # noqa: ARG002 - of Rows
        """The whole order and all arrays."""
        return tf.constant(order), self._arrays, first


class Streamed:
    """Rows read from memory-mapped arrays into blocks of one size, which is why XLA compiles once."""

    def __init__(self, part: Part, batch_size: int, *, limit: int) -> None:
        self._columns = columns(part)
        row = size_of(part) / len(part)
        self.most = max(1, int(limit / (_COPIES * row)) // batch_size)
        self._order = tf.range(self.most * batch_size)

    def take(self, order: NDArray[np.int32], first: int, count: int) -> tuple[Any, Any, int]:
        """A block that begins with those rows, in order; what lies after them is not to be read."""
        rows = order[first : first + count]

        def block(array: NDArray[Any]) -> Any:
            filled = np.empty((len(self._order), *array.shape[1:]), array.dtype)
            np.take(
                array, rows, axis=0, out=filled[:count], mode="clip"
            )  # any other mode takes a copy more
            return tf.constant(filled)

        return self._order, tf.nest.map_structure(block, self._columns), 0


def rows_of(part: Part, batch_size: int, *, limit: int | None) -> Rows:
    """All rows in memory where they need no more than `limit` bytes; otherwise streamed, in no more than those."""
    if limit is None or size_of(part) <= limit:
        return Resident(part, batch_size)
    return Streamed(part, batch_size, limit=limit)


def size_of(part: Part) -> int:
    """Bytes of all its arrays."""
    return sum(array.nbytes for array in tf.nest.flatten(columns(part)))
