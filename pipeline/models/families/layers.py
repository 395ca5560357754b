"""Any network of Keras layers, by class names and arguments: a stack, or with branches."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.model import Model, Size, dense_size, require_class_names
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError, suggestion

_INPUTS = "inputs"
_FIRST = "input"  # the data, as the first layer sees them
_CONVOLVING = ("Conv", "Pool", "Rand", "Mix")
_RECURRENT = ("LSTM", "GRU", "SimpleRNN")
_SAME_SHAPE = ("Activ", "Dropout", "Identity", "LU", "Noise", "Normalization", "Softmax")


@dataclass
class Layers(Model):
    """The layers before the output layer, such as `[{class_name: Dense, units: 64}]`.

    A layer reads the one before it. With `inputs` it reads other layers by their `name`, or the
    data by the name `input`: `{class_name: Add, inputs: [first, third]}`.
    """

    family: str = "layers"
    layers: list[dict[str, Any]] = field(default_factory=list)

    def suits_xla(self, rows: int) -> bool:
        return super().suits_xla(rows) and not any(
            kind in layer["class_name"] for layer in self.layers for kind in _CONVOLVING
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        require_class_names("model.layers", self.layers)
        if self.has_branches:
            _require_connected(self.layers)

    @property
    def has_branches(self) -> bool:
        """Whether a layer names the layers that it reads."""
        return any(_INPUTS in layer for layer in self.layers)

    def least_size(self, shape: Sequence[int], outputs: int) -> Size:
        """Counts the weights of layers with `units`, `filters` or `output_dim`.

        If only Keras can compute a shape, it counts one place with one feature. It counts nothing
        for a network with branches.
        """
        if self.has_branches:
            return Size()
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


def _sources(layers: Sequence[Mapping[str, Any]], number: int) -> list[str] | None:
    """The names of the layers that a layer reads; None for the one before it."""
    value = layers[number].get(_INPUTS)
    if value is None:
        return None
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(one, str) for one in names):
        raise ConfigError(
            f"model.layers[{number}].{_INPUTS}",
            "does not name layers",
            received=value,
            expected="Write the names of layers above, such as [first, second]",
        )
    return names


def _require_connected(layers: Sequence[Mapping[str, Any]]) -> None:
    """Checks that each name is one layer above, and that each layer is read."""
    names = [_FIRST]
    read = {len(layers)}  # the output layer reads the last one
    for number, layer in enumerate(layers):
        key, sources = f"model.layers[{number}]", _sources(layers, number)
        for source in sources or []:
            if source not in names:
                raise ConfigError(
                    f"{key}.{_INPUTS}",
                    "names no layer above",
                    received=source,
                    expected=suggestion(source, filter(None, names)),
                )
        places = [number] if sources is None else [names.index(source) for source in sources]
        read.update(places)
        name = layer.get("name", "")
        if name and name in names:
            raise ConfigError(f"{key}.name", "is the name of two layers", received=name)
        names.append(name)
    unread = [number for number in range(len(layers)) if number + 1 not in read]
    if unread:
        raise ConfigError(
            f"model.layers[{unread[0]}]",
            "leads nowhere, because no layer reads it",
            received=layers[unread[0]],
            expected="Give it a name, and write that name into the inputs of a layer below",
        )


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
    """Builds `settings.layers` between the input and the output layer.

    Raises:
        ConfigError: a layer or an argument is unknown, or Keras cannot build the stack.
    """
    from pipeline.models.keras_layers import keras_layer
    from pipeline.models.network import output_layer, sequential, stem

    pixel_range = None if meta.pixel_maximum is None else settings.pixel_range
    stack = [
        keras_layer(
            f"model.layers[{number}]",
            {key: value for key, value in layer.items() if key != _INPUTS},
            pixel_range=pixel_range,
        )
        for number, layer in enumerate(settings.layers)
    ]
    first = stem(meta, settings.pixel_range)
    try:
        if settings.has_branches:
            network = _branched(settings.layers, first, stack, output_layer(meta))
        else:
            network = sequential([*first, *stack], meta)
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


def _branched(
    settings: Sequence[Mapping[str, Any]],
    first: Sequence[Any],
    layers: Sequence[Any],
    output: Callable[[Any], Any],
) -> Any:
    """The network of layers that read each other by name.

    Args:
        first: the input, and the layers that prepare it.
    """
    import keras

    tensor = first[0]
    for layer in first[1:]:
        tensor = layer(tensor)
    tensors = {_FIRST: tensor}
    for number, layer in enumerate(layers):
        sources = _sources(settings, number)
        inputs = [tensor] if sources is None else [tensors[name] for name in sources]
        tensor = layer(inputs[0] if len(inputs) == 1 else inputs)
        tensors[settings[number].get("name", "")] = tensor
    return keras.Model(first[0], output(tensor), name="network")


SETTINGS = Layers
