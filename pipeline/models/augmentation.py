"""Augmentation: layers that change images at random in training.

The saved model has none.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.config.model import Model
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError
from pipeline.models.keras_layers import UNIT_RANGE, keras_layer

_KEY = "model.augmentation"

# RandAugment draws its operations for each batch, and their effects for each row.
_TRIED_ROWS, _TRIED_BATCHES = 4, 4


def augmented(network: Any, config: Model, meta: Meta) -> Any:
    """Changes images by the layers of `config.augmentation` before the network sees them.

    Returns:
        A second network that shares every layer of the first. Without augmentation, `network`
        itself.

    Raises:
        ConfigError: the data are not images, or a layer is unknown, has weights, changes the shape
            of images or changes all of them alike.
    """
    if not config.augmentation:
        return network
    if meta.pixel_maximum is None:
        raise ConfigError(
            _KEY,
            "needs images",
            received=config.augmentation[0],
            expected="Remove the setting for a table",
        )
    layers, maximum = _layers(config.augmentation, network.input_shape), meta.pixel_maximum

    def with_augmentation(layer: Any) -> Any:
        if layer.name != "scale":
            return layer
        return _Augmentation(layer, layers, maximum=maximum, to=config.pixel_range)

    return keras.models.clone_model(network, clone_function=with_augmentation)


class _Augmentation(keras.layers.Layer):  # type: ignore[misc]
    """Scales pixels as the network does, and changes them in training.

    The layers see pixels from 0 to 1, whatever the range of the network is. On another range some
    of Keras's layers compute wrong values, and a `fill_value` of 0 would not be black.

    Args:
        scale: the layer of the network that scales pixels.
        maximum: the largest value of a pixel.
        to: the range of the network.
    """

    def __init__(
        self, scale: Any, layers: Sequence[Any], *, maximum: float, to: Sequence[float]
    ) -> None:
        super().__init__(name="augmentation")
        self.scale = scale
        self.changes = list(layers)
        self._maximum = maximum
        self._range = to

    def call(self, pixels: Any, training: bool = False) -> Any:
        """Returns images `(rows, height, width, channels)` in the range of the network."""
        if not training:
            return self.scale(pixels)
        images = keras.ops.cast(pixels, "float32") * (1 / self._maximum)
        for layer in self.changes:
            images = layer(images)
        low, high = self._range
        return images * (high - low) + low


def _layers(settings: Sequence[dict[str, Any]], shape: tuple[Any, ...]) -> list[Any]:
    """Builds the layers, and tries them on images of `shape`, (None, height, width, channels)."""
    layers, size = [], shape[1:]
    for number, one in enumerate(settings):
        key = f"{_KEY}[{number}]"
        layer = keras_layer(key, one, pixel_range=UNIT_RANGE)
        image = np.random.default_rng(0).random(size, dtype=np.float32)
        try:
            outputs = _try(layer, image)
        except (ValueError, TypeError, tf.errors.OpError) as error:
            raise ConfigError(
                key,
                "cannot change these images",
                received=f"{one['class_name']}, images of shape {size}",
                expected=f"Choose a layer for images of {shape[-1]} channels",
            ) from error
        size = outputs.shape[1:]
        is_random = size != image.shape or (outputs != outputs[0]).any()
        if not is_random and not layer.weights and (outputs[0] != image).any():
            raise ConfigError(
                key,
                "changes all images alike. The network would see such images in training only",
                received=one,
                expected="Choose arguments, or another layer, that draw at random",
            )
        layers.append(layer)
    weights = sum(len(layer.weights) for layer in layers)
    if weights or size != shape[1:]:
        raise ConfigError(
            _KEY,
            "has weights or changes the shape of images",
            received=f"{weights} arrays of weights, images of shape {size}",
            expected="Choose layers without weights, such as RandomFlip, "
            f"that keep the shape {shape[1:]}",
        )
    return layers


def _try(layer: Any, image: NDArray[np.float32]) -> NDArray[Any]:
    """Several outputs of a layer in training for one image.

    Afterwards, the layer draws as if it had not been tried.
    """
    before = [keras.ops.convert_to_numpy(variable) for variable in layer.variables]
    rows = np.stack([image] * _TRIED_ROWS)
    batches = [layer(rows, training=True) for _ in range(_TRIED_BATCHES)]
    for variable, value in zip(layer.variables, before, strict=False):  # it may have got weights
        variable.assign(value)
    return np.concatenate([keras.ops.convert_to_numpy(batch) for batch in batches])
