"""Starts a network with the weights of another: transfer learning.

Layers are matched by name. The output layer may differ, because its size depends on the classes.
"""

import contextlib
from pathlib import Path
from typing import Any

import keras
import numpy as np

from pipeline.errors import ConfigError
from pipeline.models import saved
from pipeline.models.body import body_of
from pipeline.own import weights

_KEY = "model.weights_from"


def start(network: Any, name: str) -> str:
    """Gives a network the weights that a setting names.

    Returns:
        What was done, for people.

    Raises:
        ConfigError: there are no such weights, or they do not fit.
    """
    source = weights.find(name)
    if source.path.name.endswith(".h5"):
        return _from_file(network, source.path)
    return _from_model(network, source.path)


def _from_file(network: Any, path: Path) -> str:
    """Loads a file that holds only weights, in the order of the layers and without their names."""
    try:
        network.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        raise ConfigError(
            _KEY,
            "does not fit the network: a file of weights needs the same layers in the same order",
            received=f"{path}: {' '.join(str(error).split())[:300]}",
            expected="Name a .keras file instead. Its layers are matched by name",
        ) from error
    return f"all layers start with the weights of {path}"


def _from_model(network: Any, path: Path) -> str:
    model = saved.load(path)
    with contextlib.suppress(ValueError):  # this project did not save it
        model = body_of(model).get_layer("network")
    sources = {layer.name: layer for layer in _with_weights(model)}
    targets = _with_weights(network)
    last = targets[-1]
    old, new = [], []
    for layer in targets:
        source = sources.get(layer.name)
        shapes = [[tuple(one.shape) for one in owner.weights] for owner in (layer, source or layer)]
        if source is None or (layer is last and shapes[0] != shapes[1]):
            new.append(layer.name)
            continue
        if shapes[0] != shapes[1]:
            raise ConfigError(
                _KEY,
                f"does not fit the network: the layer {layer.name} has other shapes",
                received=f"{shapes[1]} in {path}",
                expected=f"Expected: {shapes[0]}. Give the layer another name to start it from "
                "scratch",
            )
        layer.set_weights([np.asarray(value) for value in source.get_weights()])
        old.append(layer.name)
    if not old:
        raise ConfigError(
            _KEY,
            "does not fit the network: no layer has the name of one of the network",
            received=f"{', '.join(sources)} in {path}",
            expected=f"Expected: some of {', '.join(new)}",
        )
    rest = f"; from scratch: {', '.join(new)}" if new else ""
    return f"layers with the weights of {path}: {', '.join(old)}{rest}"


def _with_weights(model: Any) -> list[Any]:
    """The layers with weights, in order. A subclassed model is one layer."""
    layers: list[Any] = []
    for layer in model.layers:
        is_open = isinstance(layer, keras.Sequential) or type(layer).__name__ == "Functional"
        layers += _with_weights(layer) if is_open else [layer] if layer.weights else []
    return layers
