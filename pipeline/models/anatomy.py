"""Reads a served model: its network, and the weights and outputs of layers."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.models.body import body_of

_KEEP_PIXELS = (keras.layers.InputLayer, keras.layers.Rescaling, keras.layers.Flatten)
_ACTIVATION_LAYERS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU)


def network_of(model: Any) -> Any:
    """The trained network inside a served model.

    It maps prepared arrays `(rows, *shape)` to raw outputs `(rows, outputs)`.
    """
    return body_of(model).get_layer("network")


def with_raw_output(model: Any) -> Any:
    """The body of a served model without its last layer: softmax, sigmoid or the target's unit.

    It maps the inputs of the body to raw outputs `(rows, outputs)`.
    """
    body = body_of(model)
    return keras.Model(body.inputs, body.layers[-1].input, name=body.name)


def convolutions(network: Any) -> list[Any]:
    """The `Conv2D` layers in order of computation.

    Each has a `kernel` of shape (height, width, inputs, filters).
    """
    return [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]


def activations_of(
    network: Any, names: Sequence[str], inputs: NDArray[Any]
) -> dict[str, NDArray[np.float32]]:
    """The outputs of the named layers for `inputs`, by name.

    Args:
        inputs: prepared rows `(rows, *shape)`. Pixels are uint8, because the network scales them.

    Returns:
        Arrays `(rows, *output shape)`: `(rows, height, width, filters)` for a convolution,
        `(rows, units)` for a dense layer.

    Raises:
        ValueError: the network has no layer of this name.
    """
    # Inside a served model, `network.input` would be a tensor of the served model.
    (own_input,) = network.inputs
    inside = keras.Model(own_input, {name: network.get_layer(name).output for name in names})
    return {
        name: np.asarray(keras.ops.convert_to_numpy(output), np.float32)
        for name, output in inside(inputs, training=False).items()
    }


def first_dense(network: Any) -> Any | None:
    """The dense layer that reads all pixels, after scaling and flattening only.

    Returns None if the network has no other layer, or if the first one is not dense.
    """
    if len(network.input_shape) != 4:
        return None
    layer = next(
        (candidate for candidate in network.layers if not isinstance(candidate, _KEEP_PIXELS)), None
    )
    sees_all = isinstance(layer, keras.layers.Dense) and layer.kernel.shape[0] == np.prod(
        network.input_shape[1:]
    )
    return layer if sees_all else None


def weights_as_images(network: Any, name: str) -> NDArray[np.float32]:
    """The weights of a `first_dense` layer, (units, height, width, channels)."""
    kernel: NDArray[np.float32] = keras.ops.convert_to_numpy(network.get_layer(name).kernel)
    return kernel.T.reshape(-1, *network.input_shape[1:])


def with_steps(network: Any) -> Any:
    """A copy with the same weights and a step function in place of every activation.

    The step goes from 0 to 1, or from -1 to 1 in place of tanh. The output layer keeps its raw
    output.
    """

    def stepping(layer: Any) -> Any:
        if isinstance(layer, _ACTIVATION_LAYERS):
            return keras.layers.Activation(_heaviside, name=layer.name)
        config, activation = (
            layer.get_config(),
            getattr(layer, "activation", keras.activations.linear),
        )
        if activation is not keras.activations.linear:
            config["activation"] = _sign if activation is keras.activations.tanh else _heaviside
        return type(layer).from_config(config)

    copy = keras.models.clone_model(network, clone_function=stepping)
    copy.set_weights(network.get_weights())
    return copy


def _heaviside(values: Any) -> Any:
    return keras.ops.cast(values >= 0, values.dtype)


def _sign(values: Any) -> Any:
    return 2 * _heaviside(values) - 1
