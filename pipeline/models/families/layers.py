"""Any stack of Keras layers, by class names and arguments."""

from dataclasses import dataclass, field
from typing import Any

from pipeline.config.model import Model, require_class_names
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError

_CONVOLVING = ("Conv", "Pool", "Rand", "Mix")


@dataclass
class Layers(Model):
    """The layers before the output layer, such as `[{class_name: Dense, units: 64}]`."""

    family: str = "layers"
    layers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def convolves(self) -> bool:
        return super().convolves or any(
            kind in layer["class_name"] for layer in self.layers for kind in _CONVOLVING
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        require_class_names("model.layers", self.layers)


def build(settings: Layers, meta: Meta, _seed: int) -> Any:
    """Builds `settings.layers`, in order, between the input and the output layer.

    Raises:
        ConfigError: a layer or an argument is unknown, or Keras cannot build the stack.
    """
    from pipeline.models.keras_layers import keras_layer
    from pipeline.models.network import sequential, stem

    stack = [
        keras_layer(f"model.layers[{number}]", layer)
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
