"""Any stack of Keras layers, by class name and arguments, each checked against Keras's own class."""

import inspect
from collections.abc import Mapping
from typing import Any

import keras

from pipeline.config.model import Layers
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError, suggestion
from pipeline.models.network import sequential, stem

_RUNS_FOREIGN_CODE = {
    "Lambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "JaxLayer",
    "FlaxLayer",
    "InputLayer",
    "Layer",
    "Wrapper",
}


def build(config: Layers, meta: Meta, _seed: int) -> Any:
    """The layers of `config.layers`, in order, between the data's input and the output layer.

    Raises:
        ConfigError: an unknown layer or argument, or a stack that Keras cannot build for `meta.shape`.
    """
    stack = [
        layer_of("model.layers", number, settings) for number, settings in enumerate(config.layers)
    ]
    try:
        network = sequential([*stem(meta, config.pixel_range), *stack], meta)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            "model.layers", "cannot be built", received=str(error), expected=_shape_hint(meta)
        ) from error
    if len(network.output_shape) != 2:
        raise ConfigError(
            "model.layers",
            "gives more than one row of outputs for each example",
            received=f"output shape {network.output_shape}",
            expected="Expected: a Flatten or a global pooling layer last",
        )
    return network


def _shape_hint(meta: Meta) -> str:
    return f"Expected: layers for inputs of shape {tuple(meta.shape)}"


def layer_of(group: str, number: int, settings: Mapping[str, Any]) -> Any:
    """The Keras layer of `{class_name: Dense, units: 64}`, which is number `number` of the setting `group`.

    Raises:
        ConfigError: an unknown layer or argument, or a value that Keras refuses.
    """
    key, name = f"{group}[{number}]", settings["class_name"]
    arguments = {
        argument: value for argument, value in settings.items() if argument != "class_name"
    }
    classes = _layer_classes()
    if name not in classes:
        raise ConfigError(
            f"{key}.class_name",
            "is no Keras layer",
            received=name,
            expected=suggestion(name, classes),
        )
    allowed = inspect.signature(classes[name]).parameters
    names = [argument for argument in allowed if argument != "kwargs"] + ["name", "dtype"]
    for argument in arguments:
        if argument not in names:
            raise ConfigError(
                f"{key}.{argument}",
                f"is no argument of {name}",
                received=argument,
                expected=suggestion(argument, names),
            )
    try:
        return classes[name](**arguments)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            key, f"is refused by {name}", received=arguments, expected=str(error)
        ) from error


def _layer_classes() -> dict[str, type]:
    return {
        name: cls
        for name, cls in vars(keras.layers).items()
        if inspect.isclass(cls)
        and issubclass(cls, keras.layers.Layer)
        and name not in _RUNS_FOREIGN_CODE
    }
