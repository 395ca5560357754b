"""The network before one step, and the batch of that step."""

from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.models import description
from pipeline.training.engine import Engine
from pipeline.training.fitted_model import batch_of, model_of


class Moment:
    """The state before a step.

    Args:
        engine: has trained the steps before it.
        step: counted from 1.
    """

    def __init__(self, engine: Engine, step: int) -> None:
        self._engine = engine
        self.step = step
        self.rows: NDArray[np.int32] = engine.task.schedule.indices(step - 1, step)

    @cached_property
    def batch(self) -> tuple[Any, ...]:
        """x, y and, if there are any, the weights of the rows."""
        batch: tuple[Any, ...] = batch_of(self._engine.task.train, self.rows)
        return batch

    def variables(self, layer: str | None) -> list[Any]:
        """The trainable variables of a layer, or of the network.

        Raises:
            PipelineError: there is no such layer.
        """
        network = self._engine.network
        owner = network if layer is None else description.find(network, layer)
        return list(owner.trainable_variables)

    @cached_property
    def gradients(self) -> dict[str, NDArray[Any]]:
        """The gradients of the step by the path of the variable, before they are clipped.

        They are those of the loss with its penalties, with dropout and augmentation as in the step.
        The computation advances random layers, so their state is restored.
        """
        engine, state = self._engine, self._engine.get_state()
        x, y, *weights = tf.nest.map_structure(tf.constant, self.batch)
        model, variables = engine.model, self._engine.network.trainable_variables
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            loss = model.compute_loss(
                x=x, y=y, y_pred=outputs, sample_weight=weights[0] if weights else None
            )
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        engine.set_state(state)
        return {
            variable.path: np.zeros(variable.shape) if one is None else _dense(one)
            for variable, one in zip(variables, gradients, strict=True)
        }

    def activations(self, layer: str) -> NDArray[np.float64]:
        """The outputs of a layer for the rows of the batch, without dropout and augmentation.

        Raises:
            PipelineError: there is no such layer.
        """
        network = model_of(self._engine.network)
        operation = description.find(network, layer)
        outputs = keras.Model(network.inputs, operation.output)(
            tf.nest.map_structure(tf.constant, self.batch[0]), training=False
        )
        return np.asarray(outputs, np.float64)


def _dense(gradient: Any) -> NDArray[Any]:
    return np.asarray(tf.convert_to_tensor(gradient))
