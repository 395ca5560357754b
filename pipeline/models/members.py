"""Trains the members of an ensemble inside a network, each on a loss of its own.

A network is an ensemble if it has a layer `members` with the raw outputs of all members, `(rows,
members, outputs)`. Its output is their mean. If members are trained on the loss of the mean, they
learn to correct one another. The ensemble then loses its advantage over one network (Gorishniy et
al. 2025, "TabM").
"""

from typing import Any

import keras

LAYER = "members"


def with_members(network: Any, loss: Any) -> tuple[Any, Any]:
    """The network that is trained, and its loss.

    Args:
        network: a sequential or functional `keras.Model`.
        loss: a Keras loss of raw outputs `(rows, outputs)`.

    Returns:
        For an ensemble, the network up to its members, and the mean of their losses. Otherwise both
        as they are.
    """
    layer = next((layer for layer in network.layers if layer.name == LAYER), None)
    if layer is None:
        return network, loss
    return keras.Model(network.inputs[0], layer.output, name=network.name), MeanOfMembers(loss)


class MeanOfMembers(keras.losses.Loss):  # type: ignore[misc]
    """The mean of a loss over the members of an ensemble.

    Args:
        loss: gives one value for each row and member by its method `call`.
    """

    def __init__(self, loss: Any) -> None:
        super().__init__(name=loss.name, reduction=loss.reduction)
        self._loss = loss

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One value for each row, from `(rows, 1)` and `(rows, members, outputs)`."""
        members, outputs = y_pred.shape[1:]
        truth = keras.ops.repeat(y_true, members, axis=0)
        values = self._loss.call(truth, keras.ops.reshape(y_pred, (-1, outputs)))
        return keras.ops.mean(keras.ops.reshape(values, (-1, members)), axis=1)
