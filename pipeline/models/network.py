"""Layers that model families share: input, scaling, dense layers and output."""

import inspect
from collections.abc import Sequence
from typing import Any

import keras

from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError, suggestion
from pipeline.models.seeds import derived_seed

_NOT_ACTIVATIONS = {"get", "serialize", "deserialize"}


def stem(meta: Meta, pixel_range: Sequence[float]) -> list[Any]:
    """The input layer and, for images, the scaling of pixels to `pixel_range`."""
    layers = [keras.Input(tuple(meta.shape), dtype=meta.dtype, name="input")]
    if meta.pixel_maximum is not None:
        low, high = pixel_range
        layers.append(keras.layers.Rescaling((high - low) / meta.pixel_maximum, low, name="scale"))
    return layers


def flat(meta: Meta) -> list[Any]:
    """A flatten layer if the rows of the data have more than one axis."""
    return [keras.layers.Flatten(name="flatten")] if len(meta.shape) > 1 else []


def dense(units: Sequence[int], *, activation: str, dropout: float, seed: int) -> list[Any]:
    """Dense layers `dense_1`, `dense_2`, ….

    Dropout follows each of them if it is above 0.

    Args:
        seed: the seed of the run. The layers of dropout get seeds that are derived from it.

    Raises:
        ConfigError: Keras does not have this activation.
    """
    _require_activation(activation)
    layers: list[Any] = []
    for number, size in enumerate(units, start=1):
        layers.append(keras.layers.Dense(size, activation=activation, name=f"dense_{number}"))
        if dropout > 0:
            own_seed = derived_seed(seed, "dropout", number)
            layers.append(keras.layers.Dropout(dropout, seed=own_seed, name=f"dropout_{number}"))
    return layers


def require_images(meta: Meta, family: str) -> None:
    """Raises `ConfigError` unless the data are images."""
    if meta.pixel_maximum is None:
        raise ConfigError(
            "model",
            f"{family} needs images",
            received=f"data={meta.name}, a table",
            expected="Choose model=mlp or model=linear",
        )


def _require_activation(name: str) -> None:
    functions = {key for key, value in vars(keras.activations).items() if inspect.isfunction(value)}
    activations = functions - _NOT_ACTIVATIONS
    if name not in activations:
        raise ConfigError(
            "model.activation",
            "is not a Keras activation",
            received=name,
            expected=suggestion(name, activations),
        )


def sequential(layers: Sequence[Any], meta: Meta) -> Any:
    """The network of `layers` and the output layer."""
    return keras.Sequential([*layers, output_layer(meta)], name="network")


def functional(layers: Sequence[Any], meta: Meta) -> Any:
    """The network that `sequential` builds, by Keras's functional API."""
    first, *rest = [*layers, output_layer(meta)]
    tensor = first
    for layer in rest:
        tensor = layer(tensor)
    return keras.Model(first, tensor, name="network")


def output_layer(meta: Meta) -> Any:
    """The output layer. It always has 32 bits, because losses need its digits."""
    return keras.layers.Dense(meta.outputs, dtype=keras.config.floatx(), name="output")
