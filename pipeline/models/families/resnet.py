"""Residual network (He et al. 2016): blocks whose output is added to their input, then the mean over the image."""

from typing import Any

import keras

from pipeline.config.model import Resnet
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError
from pipeline.models.network import functional, stem


def build(config: Resnet, meta: Meta, seed: int) -> Any:
    """Blocks of `config.filters`; raises `ConfigError` for data that are no images or too small to halve so often."""
    if meta.pixel_maximum is None:
        raise ConfigError(
            "model",
            "resnet needs images",
            received=f"data={meta.name}, a table",
            expected="model=mlp or linear",
        )
    halvings = len(config.filters) - 1 + config.pool_first
    if min(meta.shape[:2]) < 2**halvings:
        raise ConfigError(
            "model.filters",
            f"halves images of {meta.shape[0]} by {meta.shape[1]} pixels too often",
            received=config.filters,
            expected="Expected: fewer sizes",
        )
    layers: list[Any] = [
        *stem(meta, config.pixel_range),
        *_convolution("conv_1", config.filters[0]),
        _relu("relu_1"),
    ]
    if config.pool_first:
        layers.append(keras.layers.MaxPooling2D(2, name="pool_1"))
    channels = config.filters[0]
    for stage, filters in enumerate(config.filters, start=1):
        for number in range(1, config.blocks + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            layers.append(
                _block(
                    f"block_{stage}_{number}", filters, stride=stride, widens=channels != filters
                )
            )
            channels = filters
    layers.append(keras.layers.GlobalAveragePooling2D(name="mean"))
    if config.dropout > 0:
        layers.append(keras.layers.Dropout(config.dropout, seed=seed + 1, name="dropout"))
    return functional(layers, meta)


def _block(name: str, filters: int, *, stride: int, widens: bool) -> Any:
    """Two convolutions, added to the input; a convolution of one pixel brings that to their shape where it must."""
    inside = [
        *_convolution(f"{name}_conv_1", filters, stride=stride),
        _relu(f"{name}_relu_1"),
        *_convolution(f"{name}_conv_2", filters),
    ]
    shortcut = (
        _convolution(f"{name}_shortcut", filters, kernel_size=1, stride=stride)
        if widens or stride > 1
        else []
    )
    add, relu = keras.layers.Add(name=f"{name}_add"), _relu(f"{name}_relu_2")

    def block(tensor: Any) -> Any:
        return relu(add([_through(inside, tensor), _through(shortcut, tensor)]))

    return block


def _convolution(name: str, filters: int, *, kernel_size: int = 3, stride: int = 1) -> list[Any]:
    """A convolution without bias, which the normalisation after it would take away."""
    return [
        keras.layers.Conv2D(
            filters, kernel_size, strides=stride, padding="same", use_bias=False, name=name
        ),
        keras.layers.BatchNormalization(name=f"{name}_norm"),
    ]


def _relu(name: str) -> Any:
    return keras.layers.ReLU(name=name)


def _through(layers: list[Any], tensor: Any) -> Any:
    for layer in layers:
        tensor = layer(tensor)
    return tensor
