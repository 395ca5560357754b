"""Settings of a model, one dataclass a family. Shapes and classes are facts of the data, never repeated here."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from omegaconf import MISSING

from pipeline.errors import ConfigError, require


@dataclass
class Model:
    """What every family has. Pixels are scaled to `pixel_range` by the model's first layer.

    `augmentation` is a list of Keras layers that change scaled images at random, in training alone: they are no part of
    the saved model.
    """

    family: str = MISSING
    pixel_range: list[float] = field(default_factory=lambda: [0.0, 1.0])
    augmentation: list[dict[str, Any]] = field(default_factory=list)

    @property
    def convolves(self) -> bool:
        """Whether the network works on images as wholes: it convolves, pools, or changes them at random."""
        return bool(self.augmentation)

    def __post_init__(self) -> None:
        own = type(self).family
        require(
            self.family == own,
            "model.family",
            received=self.family,
            expected=f"{own}, as the file has it",
        )
        ordered = len(self.pixel_range) == 2 and self.pixel_range[0] < self.pixel_range[1]
        require(
            ordered, "model.pixel_range", received=self.pixel_range, expected="[lowest, highest]"
        )
        _require_class_names("model.augmentation", self.augmentation)


def _require_class_names(key: str, layers: list[dict[str, Any]]) -> None:
    for number, layer in enumerate(layers):
        if not isinstance(layer.get("class_name"), str):
            raise ConfigError(
                f"{key}[{number}]",
                "names no layer",
                received=layer,
                expected="Expected: class_name and its arguments, such as {class_name: Dense, units: 64}",
            )


def _require_fraction(key: str, value: float) -> None:
    require(
        0 <= value < 1, key, received=value, expected="a fraction from 0 up to, not including, 1"
    )


def _require_sizes(key: str, sizes: list[int]) -> None:
    require(
        all(size >= 1 for size in sizes),
        key,
        received=sizes,
        expected="a list of whole numbers from 1",
    )


@dataclass
class Linear(Model):
    """One dense layer: softmax, logistic or linear regression."""

    family: str = "linear"


class Api(Enum):
    """Which of Keras's two ways builds the network; the weights are the same."""

    sequential = "sequential"
    functional = "functional"


@dataclass
class Mlp(Model):
    """Dense layers of `units`, each followed by dropout where `dropout` is above 0."""

    family: str = "mlp"
    units: list[int] = field(default_factory=lambda: [64, 32])
    activation: str = "relu"
    dropout: float = 0.0
    api: Api = Api.sequential

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_sizes("model.units", self.units)
        _require_fraction("model.dropout", self.dropout)


@dataclass
class Cnn(Model):
    """Convolution (same padding) and max-pooling for each of `filters`, then dense layers of `units`."""

    family: str = "cnn"
    filters: list[int] = field(default_factory=lambda: [16, 36])
    kernel_size: int = 5
    pool_size: int = 2
    units: list[int] = field(default_factory=lambda: [128])
    activation: str = "relu"
    dropout: float = 0.0

    @property
    def convolves(self) -> bool:
        return True

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_sizes("model.filters", self.filters)
        _require_sizes("model.units", self.units)
        _require_sizes("model.kernel_size", [self.kernel_size])
        _require_sizes("model.pool_size", [self.pool_size])
        _require_fraction("model.dropout", self.dropout)


@dataclass
class Resnet(Model):
    """Residual blocks (He et al. 2016): `blocks` of each of `filters`, images halved before each but the first.

    Every convolution is followed by batch normalisation. After the blocks come the mean over the image and, where it is
    above 0, dropout. `pool_first` halves images before the first block too, which makes it four times cheaper.
    """

    family: str = "resnet"
    filters: list[int] = field(default_factory=lambda: [32, 64, 128])
    blocks: int = 1
    pool_first: bool = False
    dropout: float = 0.0

    @property
    def convolves(self) -> bool:
        return True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            bool(self.filters), "model.filters", received=self.filters, expected="at least one size"
        )
        _require_sizes("model.filters", self.filters)
        _require_sizes("model.blocks", [self.blocks])
        _require_fraction("model.dropout", self.dropout)


@dataclass
class Layers(Model):
    """Any stack of Keras layers: `[{class_name: Dense, units: 64}, …]`. The output layer is added to it."""

    family: str = "layers"
    layers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def convolves(self) -> bool:
        kinds = ("Conv", "Pool", "Rand", "Mix")
        return super().convolves or any(
            kind in layer["class_name"] for layer in self.layers for kind in kinds
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_class_names("model.layers", self.layers)


FAMILIES: dict[str, type[Model]] = {
    "linear": Linear,
    "mlp": Mlp,
    "cnn": Cnn,
    "resnet": Resnet,
    "layers": Layers,
}
