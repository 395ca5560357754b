"""Any stack of Keras layers, by class names and arguments."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.model import Model, Size, dense_size, require_class_names
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError

_CONVOLVING = ("Conv", "Pool", "Rand", "Mix")
_RECURRENT = ("LSTM", "GRU", "SimpleRNN")
_SAME_SHAPE = ("Activ", "Dropout", "Identity", "LU", "Noise", "Normalization", "Softmax")


@dataclass
class Layers(Model):
    """The layers before the output layer, such as `[{class_name: Dense, units: 64}]`."""

    family: str = "layers"
    layers: list[dict[str, Any]] = field(default_factory=list)

    def suits_xla(self, rows: int) -> bool:
        return super().suits_xla(rows) and not any(
            kind in layer["class_name"] for layer in self.layers for kind in _CONVOLVING
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        require_class_names("model.layers", self.layers)

    def least_size(self, shape: Sequence[int], outputs: int) -> Size:
        """Counts the weights of layers with `units`, `filters` or `output_dim`.

        Where Keras would have to compute a shape, it counts one place with one feature.
        """
        size, places, features = Size(), math.prod(shape[:-1]), shape[-1]
        for layer in self.layers:
            name = layer["class_name"]
            width = _number(layer, "units") or _number(layer, "filters")
            if width:
                weights = features * width * _kernel(layer) // (_number(layer, "groups") or 1)
                if name in _RECURRENT:
                    weights += width**2
                places, features = places if name == "Dense" else 1, width
                size += Size(weights, places * width)
            elif name == "Embedding":
                features = _number(layer, "output_dim") or 1
                size += Size((_number(layer, "input_dim") or 1) * features)
            elif name == "RepeatVector":
                places = _number(layer, "n") or 1
            elif name == "Flatten":
                places, features = 1, places * features
            elif not any(kind in name for kind in _SAME_SHAPE):
                places, features = 1, features if "Pool" in name else 1
        return size + dense_size(features, [outputs])


def _number(layer: Mapping[str, Any], key: str) -> int | None:
    """A whole number from 1 in the settings of a layer. Keras reports other values."""
    value = layer.get(key)
    return value if type(value) is int and value >= 1 else None


def _kernel(layer: Mapping[str, Any]) -> int:
    """The weights of a convolution for each channel and filter; 1 for other layers."""
    name, sizes = layer["class_name"], layer.get("kernel_size")
    if "Separable" in name:
        return 1
    if isinstance(sizes, list | tuple) and all(type(size) is int for size in sizes):
        return max(1, math.prod(sizes))
    axes = next((int(digit) for digit in "123" if f"{digit}D" in name), 1)
    return math.prod([_number(layer, "kernel_size") or 1] * axes)


def build(settings: Layers, meta: Meta, _seed: int) -> Any:
    """Builds `settings.layers`, in order, between the input and the output layer.

    Raises:
        ConfigError: a layer or an argument is unknown, or Keras cannot build the stack.
    """
    from pipeline.models.keras_layers import keras_layer
    from pipeline.models.network import sequential, stem

    pixel_range = None if meta.pixel_maximum is None else settings.pixel_range
    stack = [
        keras_layer(f"model.layers[{number}]", layer, pixel_range=pixel_range)
        for number, layer in enumerate(settings.layers)
    ]
    try:
        network = sequential([*stem(meta, settings.pixel_range), *stack], meta)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            "model.layers",
            "do not fit together, or do not fit the data",
            received=str(error),
            expected=f"Choose layers for inputs of shape {tuple(meta.shape)}",
        ) from error
    if len(network.output_shape) != 2:
        raise ConfigError(
            "model.layers",
            "gives several rows of outputs for one row of data",
            received=f"output shape {network.output_shape}",
            expected="End with a Flatten or a global pooling layer",
        )
    return network


SETTINGS = Layers
