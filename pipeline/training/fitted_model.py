"""The base of both engines: a compiled Keras model of the network's own layers.

Its steps are those of Keras's `fit`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.data.prepared import Split
from pipeline.models.outputs import Outputs
from pipeline.training.engine import TrainingTask
from pipeline.training.optimizers import averages_weights
from pipeline.training.random_layers import take_settings
from pipeline.training.variables import assign, values_of


class FittedModel:
    """The network of a task, its optimizer and the compiled model that trains it.

    The network itself stays uncompiled, so that its file contains no loss and no optimizer.

    Args:
        trained: replaces `task.trained`.

    Attributes:
        model: the compiled `keras.Model`; it shares the layers of the network.
    """

    def __init__(self, task: TrainingTask, *, trained: Any = None) -> None:
        self.task = task
        self.network = task.network
        self.optimizer = task.optimizer
        self._trained = trained or task.trained
        self.model = model_of(self._trained)
        self.model.compile(optimizer=task.optimizer, loss=task.loss, jit_compile=False)
        # Keras creates the variables of the mean loss at the first step.
        self.model.test_step(tf.nest.map_structure(tf.constant, batch_of(task.train, slice(1))))
        self.model.reset_metrics()
        self.optimizer.build(self.network.trainable_variables)
        self._outputs = Outputs(self.network)

    def restart(self, task: TrainingTask, *, trained: Any) -> None:
        """Gets the state of a new engine, for another task of the same program.

        Args:
            trained: as in the constructor.
        """
        task.optimizer.build(task.network.trainable_variables)
        assign(self.variables, values_of([*trained.variables, *task.optimizer.variables]))
        take_settings(self.network, task.network)
        self.model.reset_metrics()
        self.task = replace(
            task, network=self.network, trained=self.task.trained, optimizer=self.optimizer
        )

    def rest(self) -> None:
        """Keeps nothing for later tasks."""

    @property
    def variables(self) -> list[Any]:
        """The variables of the network, of its random layers and of the optimizer."""
        return [*self._trained.variables, *self.optimizer.variables]

    def get_state(self) -> list[NDArray[Any]]:
        """Values of `variables` and of the mean loss."""
        return values_of([*self.variables, *self.model.metrics_variables])

    def set_state(self, values: list[NDArray[Any]]) -> None:
        """Restores a result of `get_state`."""
        assign([*self.variables, *self.model.metrics_variables], values)

    def reset(self) -> None:
        """Restarts the mean of the loss."""
        self.model.reset_metrics()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Gives the network its averaged weights, if a step has been trained."""
        if not averages_weights(self.optimizer) or int(self.optimizer.iterations) == 0:
            yield
            return
        weights = self.network.trainable_variables
        values = values_of(weights)
        self.optimizer.finalize_variable_values(weights)
        try:
            yield
        finally:
            assign(weights, values)

    def predict(self, split: Split) -> NDArray[np.float32]:
        """The network's raw output for a whole split, `(rows, outputs)`."""
        return self._outputs.of(split.x)

    def _means(self) -> dict[str, float]:
        return {name: float(value) for name, value in self.model.get_metrics_result().items()}


def model_of(network: Any) -> Any:
    """Builds a second, uncompiled model of the same layers."""
    if isinstance(network, keras.Sequential):
        # Sequential exposes its inputs and outputs only as lists of one element.
        return keras.Model(network.inputs[0], network.outputs[0])
    return keras.Model(network.input, network.output)


def batch_of(split: Split, rows: Any) -> tuple[Any, ...]:
    """The arguments of `fit` for some rows: x, y and, if the rows have them, sample weights."""
    return tf.nest.map_structure(lambda array: np.asarray(array[rows]), columns(split))  # type: ignore[no-any-return]


def columns(split: Split) -> tuple[Any, ...]:
    """x, y and the sample weights, in memory or on disk.

    y has the shape (rows, targets), because losses of one output expect (rows, 1).
    """
    y = split.y.reshape(len(split), -1)
    return (split.x, y) if split.sample_weight is None else (split.x, y, split.sample_weight)


def gathered(arrays: Any, rows: Any) -> Any:
    """Some rows of each array, inside a TensorFlow program."""
    return tf.nest.map_structure(lambda array: tf.gather(array, rows), arrays)
