"""Keras layers from settings, checked against Keras's own classes."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from pipeline.errors import ConfigError, suggestion

# Layers that would run code from a setting, and layers without a meaning inside a stack.
REFUSED = {
    "Lambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "JaxLayer",
    "FlaxLayer",
    "InputLayer",
    "Layer",
    "Wrapper",
}

# Layers of images that do not suit augmentation, with the reasons.
_UNSUITED = {
    "AugMix": "chooses its operations once, when it is compiled",
    "CutMix": "mixes images, but not their labels",
    "MaxNumBoundingBoxes": "changes boxes only",
    "MixUp": "mixes images, but not their labels",
}

# The range on which all of Keras's layers of images compute correct values. On [-1, 1], for
# example, RandomInvert, RandomSharpness and RandomSaturation do not. On [0, 255], RandomSaturation
# gives values far outside of the range.
UNIT_RANGE = (0.0, 1.0)


def keras_layer(
    key: str, settings: Mapping[str, Any], *, pixel_range: Sequence[float] | None = None
) -> Any:
    """Builds a layer from settings such as `{class_name: Dense, units: 64}`.

    Args:
        key: the name of the setting, for error messages, such as `model.layers[0]`.
        pixel_range: the range of the pixels that the layer sees; None for a table. A layer gets it
            as its `value_range`.

    Raises:
        ConfigError: the layer or an argument is unknown, does not suit the pixels, or Keras refuses
            a value.
    """
    name = settings["class_name"]
    arguments = {
        argument: value for argument, value in settings.items() if argument != "class_name"
    }
    classes = _classes()
    if name not in classes:
        raise ConfigError(
            f"{key}.class_name",
            "is not a Keras layer",
            received=name,
            expected=suggestion(name, classes),
        )
    if name in _UNSUITED:
        raise ConfigError(
            f"{key}.class_name",
            f"is not supported, because it {_UNSUITED[name]}",
            received=name,
            expected="Choose another layer, such as RandAugment",
        )
    parameters = inspect.signature(classes[name]).parameters
    allowed = [parameter for parameter in parameters if parameter != "kwargs"] + [
        "name",
        "dtype",
        "trainable",
    ]
    for argument in arguments:
        if argument not in allowed:
            raise ConfigError(
                f"{key}.{argument}",
                f"is not an argument of {name}",
                received=argument,
                expected=suggestion(argument, allowed),
            )
    if pixel_range is not None and "value_range" in parameters:
        arguments.setdefault("value_range", list(pixel_range))
        arguments.setdefault("dtype", keras.config.floatx())  # in float16, some of them fail
        _require_unit_range(key, name, arguments["value_range"], pixel_range)
    try:
        return classes[name](**arguments)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            key, f"is refused by {name}", received=arguments, expected=str(error)
        ) from error


def _require_unit_range(
    key: str, name: str, value_range: Any, pixel_range: Sequence[float]
) -> None:
    if tuple(pixel_range) != UNIT_RANGE:
        raise ConfigError(
            key,
            "needs pixels from 0 to 1",
            received=f"{name} with model.pixel_range {list(pixel_range)}",
            expected="Move the layer to model.augmentation, because that converts the pixels",
        )
    if value_range != list(pixel_range):
        raise ConfigError(
            f"{key}.value_range",
            "is not the range of the pixels, and they are from 0 to 1 here",
            received=value_range,
            expected="Remove it",
        )


def _classes() -> dict[str, type]:
    return {
        name: value
        for name, value in vars(keras.layers).items()
        if inspect.isclass(value) and issubclass(value, keras.layers.Layer) and name not in REFUSED
    }
