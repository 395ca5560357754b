"""Keras layers from settings, checked against Keras's own classes."""

import inspect
from collections.abc import Mapping
from typing import Any

import keras

from pipeline.errors import ConfigError, suggestion

# Layers that would run code from a setting, and those that make no sense inside a stack.
_REFUSED = {
    "Lambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "JaxLayer",
    "FlaxLayer",
    "InputLayer",
    "Layer",
    "Wrapper",
}


def keras_layer(key: str, settings: Mapping[str, Any]) -> Any:
    """Builds a layer from settings such as `{class_name: Dense, units: 64}`.

    Args:
        key: the name of the setting, for error messages, such as `model.layers[0]`.

    Raises:
        ConfigError: the layer or an argument is unknown, or Keras refuses a value.
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
    parameters = inspect.signature(classes[name]).parameters
    allowed = [parameter for parameter in parameters if parameter != "kwargs"] + ["name", "dtype"]
    for argument in arguments:
        if argument not in allowed:
            raise ConfigError(
                f"{key}.{argument}",
                f"is not an argument of {name}",
                received=argument,
                expected=suggestion(argument, allowed),
            )
    try:
        return classes[name](**arguments)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            key, f"is refused by {name}", received=arguments, expected=str(error)
        ) from error


def _classes() -> dict[str, type]:
    return {
        name: value
        for name, value in vars(keras.layers).items()
        if inspect.isclass(value) and issubclass(value, keras.layers.Layer) and name not in _REFUSED
    }
