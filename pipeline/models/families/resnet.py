"""Residual network (He et al. 2016): each block adds its output to its input."""

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
from pipeline.config.rules import require_at_most
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError, require


@dataclass
class Resnet(Model):
    """A stage of residual blocks for each of `filters`, then the mean over pixels.

    Batch normalisation follows every convolution. Every stage except the first halves the images.

    Args:
        blocks: the number of residual blocks in each stage.
        pool_first: halves the images before the first stage as well, at a quarter of the cost.
        dropout: acts on the mean over the image.
    """

    family: str = "resnet"
    filters: list[int] = field(default_factory=lambda: [32, 64, 128])
    blocks: int = 1
    pool_first: bool = False
    dropout: float = 0.0

    def suits_xla(self, rows: int) -> bool:  # noqa: ARG002
        return False

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            bool(self.filters), "model.filters", received=self.filters, expected="at least one size"
        )
        require_sizes("model.filters", self.filters)
        require_sizes("model.blocks", [self.blocks])
        require_at_most("model.blocks", self.blocks, 200)
        require_fraction("model.dropout", self.dropout)

    def least_size(self, shape: Sequence[int], outputs: int) -> Size:
        if len(shape) != 3:
            return Size()  # a table; `build` refuses it
        (*image, channels), first = shape, self.filters[0]
        size = convolution_size(image, channels=channels, filters=first, kernel_size=3)
        channels = first
        if self.pool_first:
            image = [side // 2 for side in image]
        for stage, filters in enumerate(self.filters, start=1):
            if stage > 1:
                image = [-(-side // 2) for side in image]
            size += convolution_size(image, channels=channels, filters=filters, kernel_size=3)
            one = convolution_size(image, channels=filters, filters=filters, kernel_size=3)
            others = 2 * self.blocks - 1
            size += Size(others * one.parameters, others * one.outputs)
            channels = filters
        return size + dense_size(channels, [outputs])


def build(settings: Resnet, meta: Meta, seed: int) -> Any:
    """Builds the stages of `settings.filters`.

    Raises:
        ConfigError: the data are not images, or the images are too small to be halved that often.
    """
    import keras

    from pipeline.models.network import functional, require_images, stem
    from pipeline.models.seeds import derived_seed

    require_images(meta, "resnet")
    halvings = len(settings.filters) - 1 + settings.pool_first
    if min(meta.shape[:2]) < 2**halvings:
        raise ConfigError(
            "model.filters",
            f"halves images of {meta.shape[0]} by {meta.shape[1]} pixels too often",
            received=settings.filters,
            expected="Remove filters",
        )
    layers: list[Any] = [
        *stem(meta, settings.pixel_range),
        *_convolution("conv_1", settings.filters[0]),
        keras.layers.ReLU(name="relu_1"),
    ]
    if settings.pool_first:
        layers.append(keras.layers.MaxPooling2D(2, name="pool_1"))
    channels = settings.filters[0]
    for stage, filters in enumerate(settings.filters, start=1):
        for number in range(1, settings.blocks + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            widens = channels != filters
            layers.append(_block(f"block_{stage}_{number}", filters, stride=stride, widens=widens))
            channels = filters
    layers.append(keras.layers.GlobalAveragePooling2D(name="mean"))
    if settings.dropout > 0:
        own_seed = derived_seed(seed, "dropout", 1)
        layers.append(keras.layers.Dropout(settings.dropout, seed=own_seed, name="dropout"))
    return functional(layers, meta)


def _block(name: str, filters: int, *, stride: int, widens: bool) -> Any:
    """Adds the output of two convolutions to their input.

    If the shapes differ, a convolution of one pixel brings the input to the shape of the output.
    """
    import keras

    inside = [
        *_convolution(f"{name}_conv_1", filters, stride=stride),
        keras.layers.ReLU(name=f"{name}_relu_1"),
        *_convolution(f"{name}_conv_2", filters),
    ]
    shortcut = (
        _convolution(f"{name}_shortcut", filters, kernel_size=1, stride=stride)
        if widens or stride > 1
        else []
    )
    add, relu = keras.layers.Add(name=f"{name}_add"), keras.layers.ReLU(name=f"{name}_relu_2")

    def block(tensor: Any) -> Any:
        return relu(add([_through(inside, tensor), _through(shortcut, tensor)]))

    return block


def _convolution(name: str, filters: int, *, kernel_size: int = 3, stride: int = 1) -> list[Any]:
    """A convolution and its normalisation. There is no bias: the normalisation would cancel it."""
    import keras

    return [
        keras.layers.Conv2D(
            filters, kernel_size, strides=stride, padding="same", use_bias=False, name=name
        ),
        keras.layers.BatchNormalization(name=f"{name}_norm"),
    ]


def _through(layers: list[Any], tensor: Any) -> Any:
    for layer in layers:
        tensor = layer(tensor)
    return tensor


SETTINGS = Resnet
