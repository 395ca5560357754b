"""Random changes of images in training: layers between the scaling of pixels and the rest, absent from the saved model."""

from typing import Any

import keras

from pipeline.config.model import Model
from pipeline.errors import ConfigError
from pipeline.models.families.layers import layer_of


def augmented(network: Any, config: Model) -> Any:
    """The network with the layers of `config.augmentation` behind its scaling, every other layer being the same object.

    Returns:
        `network` itself where there is no augmentation.

    Raises:
        ConfigError: data that are no images, an unknown layer, or one that has weights or changes the images' shape.
    """
    if not config.augmentation:
        return network
    if not any(layer.name == "scale" for layer in network.layers):
        raise ConfigError(
            "model.augmentation",
            "needs images",
            received=config.augmentation[0],
            expected="Leave it out for a table",
        )
    layers = [
        layer_of("model.augmentation", number, settings)
        for number, settings in enumerate(config.augmentation)
    ]

    def with_augmentation(layer: Any) -> Any:
        return _behind(layer, layers, network.input_shape) if layer.name == "scale" else layer

    return keras.models.clone_model(network, clone_function=with_augmentation)


def _behind(scale: Any, layers: list[Any], shape: tuple[Any, ...]) -> Any:
    chain = keras.Sequential([scale, *layers], name="augmentation")
    chain.build(shape)
    if chain.weights or chain.output_shape != shape:
        raise ConfigError(
            "model.augmentation",
            "must change images and nothing else",
            received=f"{len(chain.weights)} arrays of weights, images of shape {chain.output_shape[1:]}",
            expected=f"Expected: layers without weights, such as RandomFlip, that keep the shape {shape[1:]}",
        )
    return chain
