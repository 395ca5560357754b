"""The outputs of a Keras model for any number of rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.models.body import values_for

BATCH = 1024


class Outputs:
    """Runs a model in batches of 1,024 rows.

    Every prediction of this package comes from here. One graph runs batches of all sizes, so equal
    rows in equal batches get equal bits, whatever was predicted before.

    Args:
        model: a served model, its body, or another model with these inputs.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._graph: Any = None

    def of(self, values: Any) -> NDArray[Any]:
        """The output of the model, `(rows, outputs)`.

        Args:
            values: the inputs of the model: an array, or arrays by input of the whole model.
        """
        import tensorflow as tf

        inputs = values_for(self._model, values)
        rows = len(tf.nest.flatten(inputs)[0])
        blocks = []
        for first in range(0, rows, BATCH):
            block = tf.nest.map_structure(
                lambda array, first=first: tf.constant(np.asarray(array[first : first + BATCH])),
                inputs,
            )
            if self._graph is None:
                self._graph = _graph_of(self._model, block)
            blocks.append(self._graph(block).numpy())
        return np.concatenate(blocks)


def _graph_of(model: Any, block: Any) -> Any:
    """The model as a graph for batches of any size, with the inputs of `block`."""
    import tensorflow as tf

    signature = tf.nest.map_structure(
        lambda tensor: tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype), block
    )
    return tf.function(
        lambda inputs: model(inputs, training=False), input_signature=[signature], autograph=False
    )
