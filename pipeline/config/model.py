"""Settings that all model families share.

Each module of the families adds its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from pipeline.errors import ConfigError, require
from pipeline.registry import Registry

FAMILIES = Registry("pipeline.models.families", "model family")
_LARGEST_SIZE = 1_000_000
_MOST_LAYERS = 1_000


@dataclass(frozen=True)
class Size:
    """The least size of a network, computed from its settings without Keras.

    Args:
        parameters: the number of weights.
        outputs: the numbers that all layers compute for one row.
    """

    parameters: int = 0
    outputs: int = 0

    def __add__(self, other: "Size") -> "Size":
        return Size(self.parameters + other.parameters, self.outputs + other.outputs)


@dataclass
class Model:
    """The settings of every family. The shape of the data comes from the data.

    Args:
        pixel_range: the first layer of the model scales pixels to this range.
        augmentation: Keras layers that change images at random. They see pixels from 0 to 1. They
            run in training only, and the saved model does not contain them.
        weights_from: the weights to start with: a trained experiment, the beginning of a run id, or
            a file `.keras` or `.weights.h5`. Layers are matched by name.
    """

    family: str = MISSING
    pixel_range: list[float] = field(default_factory=lambda: [0.0, 1.0])
    augmentation: list[dict[str, Any]] = field(default_factory=list)
    weights_from: str | None = None

    def suits_xla(self, rows: int) -> bool:  # noqa: ARG002 - of families
        """Whether XLA makes a training with this many rows faster.

        It decides if `training.xla` is null. On a CPU, XLA's convolutions and the gradients of
        its pooling are many times slower than TensorFlow's.
        """
        return not self.augmentation

    def settled(self, *, rows: int, numbers: int | None) -> "Model":  # noqa: ARG002 - of families
        """Replaces null by values that suit the data.

        Args:
            rows: the number of training rows.
            numbers: the numeric features of a table; None for images.
        """
        return self

    def usual_batch_size(self, rows: int) -> int:  # noqa: ARG002 - of families
        """The rows of a batch if `training.batch_size` is null."""
        return 32

    def usual_epochs(self, rows: int) -> int:  # noqa: ARG002 - of families
        """The epochs if both `training.epochs` and `training.steps` are null."""
        return 200

    def least_size(self, shape: Sequence[int], outputs: int) -> Size:  # noqa: ARG002 - of families
        """The least size of the network. A family that cannot compute it keeps this zero.

        Args:
            shape: the shape of one row.
            outputs: the number of outputs of the network.
        """
        return Size()

    def __post_init__(self) -> None:
        own = type(self).family
        require(
            self.family == own,
            "model.family",
            received=self.family,
            expected=f"{own}, as the file has it",
        )
        is_ordered = len(self.pixel_range) == 2 and self.pixel_range[0] < self.pixel_range[1]
        require(
            is_ordered, "model.pixel_range", received=self.pixel_range, expected="[lowest, highest]"
        )
        require_class_names("model.augmentation", self.augmentation)


def require_class_names(key: str, layers: list[dict[str, Any]]) -> None:
    """Raises `ConfigError` unless each layer has a `class_name`."""
    for number, layer in enumerate(layers):
        if not isinstance(layer.get("class_name"), str):
            raise ConfigError(
                f"{key}[{number}]",
                "names no layer",
                received=layer,
                expected="Write class_name and its arguments, "
                "such as {class_name: Dense, units: 64}",
            )


def require_fraction(key: str, value: float) -> None:
    """Raises `ConfigError` unless `value` is at least 0 and below 1."""
    require(0 <= value < 1, key, received=value, expected="a number from 0 to below 1")


def require_sizes(key: str, sizes: list[int]) -> None:
    """Raises `ConfigError` unless all sizes are numbers that a network may have."""
    require(
        all(size >= 1 for size in sizes),
        key,
        received=sizes,
        expected="a list of whole numbers from 1",
    )
    require(
        len(sizes) <= _MOST_LAYERS and max(sizes, default=0) <= _LARGEST_SIZE,
        key,
        received=sizes,
        expected=f"at most {_MOST_LAYERS:,} numbers up to {_LARGEST_SIZE:,}",
    )


def dense_size(inputs: int, units: Iterable[int]) -> Size:
    """The size of dense layers of `units`, one after the other."""
    size = Size()
    for count in units:
        size += Size((inputs + 1) * count, count)
        inputs = count
    return size


def convolution_size(
    image: Sequence[int], *, channels: int, filters: int, kernel_size: int
) -> Size:
    """The size of a convolution without a bias.

    Args:
        image: height and width of its output.
        channels: the channels of its input.
    """
    height, width = image
    return Size(kernel_size**2 * channels * filters, height * width * filters)
