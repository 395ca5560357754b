"""Augmentation: layers that change images at random in training.

The saved model has none.
"""

from typing import Any

import keras

from pipeline.config.model import Model
from pipeline.errors import ConfigError
from pipeline.models.keras_layers import keras_layer

_KEY = "model.augmentation"


def augmented(network: Any, config: Model) -> Any:
    """Inserts the layers of `config.augmentation` after the scaling of pixels.

    Returns:
        A second network that shares every layer of the first. Without augmentation, `network`
        itself.

    Raises:
        ConfigError: the data are not images, a layer is unknown, has weights, or changes the shape.
    """
    if not config.augmentation:
        return network
    if not any(layer.name == "scale" for layer in network.layers):
        raise ConfigError(
            _KEY,
            "needs images",
            received=config.augmentation[0],
            expected="Remove the setting for a table",
        )
    layers = [
        keras_layer(f"{_KEY}[{number}]", settings)
        for number, settings in enumerate(config.augmentation)
    ]

    def with_augmentation(layer: Any) -> Any:
        return _after(layer, layers, network.input_shape) if layer.name == "scale" else layer

    return keras.models.clone_model(network, clone_function=with_augmentation)


def _after(scale: Any, layers: list[Any], shape: tuple[Any, ...]) -> Any:
    chain = keras.Sequential([scale, *layers], name="augmentation")
    chain.build(shape)
    if chain.weights or chain.output_shape != shape:
        raise ConfigError(
            _KEY,
            "has weights or changes the shape of images",
            received=f"{len(chain.weights)} arrays of weights, "
            f"images of shape {chain.output_shape[1:]}",
            expected="Choose layers without weights, such as RandomFlip, "
            f"that keep the shape {shape[1:]}",
        )
    return chain
