"""What both engines are built on: a compiled Keras model of the network's own layers, whose steps are those of `fit`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.data.prepared import Part
from pipeline.training import variables as state

_EVALUATION_BATCH = 1024


class Trainer:
    """The network, its optimizer and the compiled model that trains it.

    Args:
        network: what is saved; it stays uncompiled, so that a file of it carries no loss and no optimizer.
        trained: the network itself, or one with other layers in its place that shares its weights.
    """

    def __init__(
        self,
        network: Any,
        trained: Any,
        *,
        optimizer: Any,
        loss: Any,
        metrics: list[Any],
        train: Part,
    ) -> None:
        self.network = network
        self.optimizer = optimizer
        self._trained = trained
        self._model = model_of(trained)
        self._model.compile(optimizer=optimizer, loss=loss, metrics=metrics, jit_compile=False)
        self._model.test_step(
            tf.nest.map_structure(tf.constant, batch_of(train, slice(1)))
        )  # builds the metrics
        self._model.reset_metrics()
        optimizer.build(network.trainable_variables)

    @property
    def metric_names(self) -> list[str]:
        return list(self._model.get_metrics_result())

    @property
    def variables(self) -> list[Any]:
        """Every variable that training changes: of the network, its random layers and the optimizer."""
        return [*self._trained.variables, *self.optimizer.variables]

    def get_state(self) -> list[NDArray[Any]]:
        """Values of `variables` and of the metrics' accumulators."""
        return state.values_of([*self.variables, *self._model.metrics_variables])

    def set_state(self, values: list[NDArray[Any]]) -> None:
        """Puts back what `get_state` gave."""
        state.assign([*self.variables, *self._model.metrics_variables], values)

    def reset(self) -> None:
        """Begins the means of the metrics anew."""
        self._model.reset_metrics()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside, the network has the optimizer's averages of its weights, where it keeps any and has made a step."""
        if not self.optimizer.use_ema or int(self.optimizer.iterations) == 0:
            yield
            return
        weights = self.network.trainable_variables
        raw = state.values_of(weights)
        self.optimizer.finalize_variable_values(weights)
        try:
            yield
        finally:
            state.assign(weights, raw)

    def _means(self) -> dict[str, float]:
        return {name: float(value) for name, value in self._model.get_metrics_result().items()}


def evaluation_batch(loss: Any, batch_size: int) -> int:
    """Rows that are evaluated at once: as many as are trained where the loss is a sum, which grows with them."""
    return batch_size if getattr(loss, "reduction", None) == "sum" else _EVALUATION_BATCH


def model_of(network: Any) -> Any:
    """A second model of the same layers, uncompiled."""
    if isinstance(network, keras.Sequential):  # it knows its ends as lists of one alone
        return keras.Model(network.inputs[0], network.outputs[0])
    return keras.Model(network.input, network.output)  # nested as the network has them


def batch_of(part: Part, rows: Any) -> tuple[Any, ...]:
    """What `fit` takes for some rows: x, y of shape (rows, 1) as losses of one output want it, and weights if there are."""
    return tf.nest.map_structure(lambda array: np.asarray(array[rows]), columns(part))  # type: ignore[no-any-return]


def columns(part: Part) -> tuple[Any, ...]:
    """x, y of shape (rows, 1) and the weights, as they lie in memory or on disk."""
    y = part.y.reshape(len(part), 1)
    return (part.x, y) if part.sample_weight is None else (part.x, y, part.sample_weight)


def gathered(arrays: Any, rows: Any) -> Any:
    """Some rows of each array, inside a program."""
    return tf.nest.map_structure(lambda array: tf.gather(array, rows), arrays)
