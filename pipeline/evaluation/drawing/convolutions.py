"""The convolutions that figures show, with the facts for their titles."""

from dataclasses import dataclass
from typing import Any

from pipeline.evaluation.drawing import captions
from pipeline.evaluation.drawing.subject import Subject
from pipeline.models import anatomy

MOST_CHANNELS = 64  # of each convolution
_MOST_LAYERS = 4


@dataclass(frozen=True)
class Convolution:
    """A `Conv2D` layer.

    Args:
        facts: its number, and how many of its filters a figure shows.
        sees_image: whether its input is the image itself.
    """

    layer: Any
    facts: tuple[str, str]
    sees_image: bool


def convolutions_of(subject: Subject) -> list[Convolution]:
    """The first convolutions with kernels of more than one pixel."""
    if not subject.has_images:
        return []
    convolutions = anatomy.convolutions(subject.network)
    layers = [layer for layer in convolutions if max(layer.kernel_size) > 1]
    return [
        Convolution(
            layer,
            (
                f"convolution {number} of {len(layers)}",
                captions.share(MOST_CHANNELS, layer.filters, "filters"),
            ),
            sees_image=layer is convolutions[0],
        )
        for number, layer in enumerate(layers[:_MOST_LAYERS], start=1)
    ]
