"""What the families share: the first layers that the data ask for, dense layers, and the output layer."""

import inspect
from collections.abc import Sequence
from typing import Any

import keras

from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError, suggestion


def stem(meta: Meta, pixel_range: Sequence[float]) -> list[Any]:
    """The input of shape `meta.shape` and, for images, the scaling of pixels to `pixel_range`."""
    layers = [keras.Input(tuple(meta.shape), dtype=meta.dtype, name="input")]
    if meta.pixel_maximum is not None:
        low, high = pixel_range
        layers.append(keras.layers.Rescaling((high - low) / meta.pixel_maximum, low, name="scale"))
    return layers


def flat(meta: Meta) -> list[Any]:
    """A flatten layer where the data have more than one axis."""
    return [keras.layers.Flatten(name="flatten")] if len(meta.shape) > 1 else []


def dense(units: Sequence[int], *, activation: str, dropout: float, seed: int) -> list[Any]:
    """Dense layers `dense_1`, `dense_2`, …, each with dropout where that is above 0.

    Raises:
        ConfigError: an activation that Keras does not have.
    """
    _require_activation(activation)
    layers: list[Any] = []
    for number, size in enumerate(units, start=1):
        layers.append(keras.layers.Dense(size, activation=activation, name=f"dense_{number}"))
        if dropout > 0:
            layers.append(
                keras.layers.Dropout(dropout, seed=seed + number, name=f"dropout_{number}")
            )
    return layers


def _require_activation(name: str) -> None:
    ways = {"get", "serialize", "deserialize"}
    known = {
        key for key, value in vars(keras.activations).items() if inspect.isfunction(value)
    } - ways
    if name not in known:
        raise ConfigError(
            "model.activation",
            "is no Keras activation",
            received=name,
            expected=suggestion(name, known),
        )


def sequential(layers: Sequence[Any], meta: Meta) -> Any:
    """The network of `layers` and the output layer."""
    return keras.Sequential(
        [*layers, keras.layers.Dense(meta.outputs, name="output")], name="network"
    )


def functional(layers: Sequence[Any], meta: Meta) -> Any:
    """The same network as `sequential` makes, by Keras's functional API."""
    first, *rest = [*layers, keras.layers.Dense(meta.outputs, name="output")]
    tensor = first
    for layer in rest:
        tensor = layer(tensor)
    return keras.Model(first, tensor, name="network")
