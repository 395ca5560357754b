"""Convolutional network: convolution and pooling blocks, then dense layers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.model import (
    Model,
    Size,
    convolution_size,
    dense_size,
    require_fraction,
    require_sizes,
)
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError


@dataclass
class Cnn(Model):
    """A convolution and max-pooling for each of `filters`, then dense layers.

    The convolutions keep the size of the images; each pooling divides it by `pool_size`.
    """

    family: str = "cnn"
    filters: list[int] = field(default_factory=lambda: [16, 36])
    kernel_size: int = 5
    pool_size: int = 2
    units: list[int] = field(default_factory=lambda: [128])
    activation: str = "relu"
    dropout: float = 0.0

    def suits_xla(self, rows: int) -> bool:  # noqa: ARG002
        return False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_sizes("model.filters", self.filters)
        require_sizes("model.units", self.units)
        require_sizes("model.kernel_size", [self.kernel_size])
        require_sizes("model.pool_size", [self.pool_size])
        require_fraction("model.dropout", self.dropout)

    def least_size(self, shape: Sequence[int], outputs: int) -> Size:
        if len(shape) != 3:
            return Size()  # a table; `build` refuses it
        (*image, channels), size = shape, Size()
        for filters in self.filters:
            size += convolution_size(
                image, channels=channels, filters=filters, kernel_size=self.kernel_size
            )
            image, channels = [side // self.pool_size for side in image], filters
        return size + dense_size(math.prod(image) * channels, [*self.units, outputs])


def build(settings: Cnn, meta: Meta, seed: int) -> Any:
    """Builds one block for each of `settings.filters`, then the dense layers.

    Raises:
        ConfigError: the data are not images, or the images are too small for the poolings.
    """
    import keras

    from pipeline.models.network import dense, flat, require_images, sequential, stem

    require_images(meta, "cnn")
    if min(meta.shape[:2]) < settings.pool_size ** len(settings.filters):
        raise ConfigError(
            "model.filters",
            f"has too many poolings for images of {meta.shape[0]} by {meta.shape[1]} pixels",
            received=settings.filters,
            expected="Remove filters, or choose a smaller model.pool_size",
        )
    hidden = dense(
        settings.units, activation=settings.activation, dropout=settings.dropout, seed=seed
    )
    blocks: list[Any] = []
    for number, filters in enumerate(settings.filters, start=1):
        blocks += [
            keras.layers.Conv2D(
                filters,
                settings.kernel_size,
                padding="same",
                activation=settings.activation,
                name=f"conv_{number}",
            ),
            keras.layers.MaxPooling2D(settings.pool_size, name=f"pool_{number}"),
        ]
    return sequential([*stem(meta, settings.pixel_range), *blocks, *flat(meta), *hidden], meta)


SETTINGS = Cnn
