"""Kernels: what the filters of a convolution have learned, as images."""

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.drawing import captions
from pipeline.evaluation.drawing.convolutions import MOST_CHANNELS, Convolution, convolutions_of
from pipeline.evaluation.drawing.style import DIVERGING, blank
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.drawing.tiles import Tiles, columns_for
from pipeline.evaluation.figures import FigureKind

_COLOURS = ("red", "green", "blue")
_FINE = 4  # pixels of the figure for one of a kernel, so that the gaps between kernels are thin


def plot(kernels: NDArray[np.float32], *, title: str, first: int = 0) -> Figure:
    """Draws one panel per input channel, all on one scale with a white zero.

    Args:
        kernels: `(height, width, inputs, filters)`.
        first: the number of the first input channel.
    """
    _, _, inputs, filters = kernels.shape
    limit = float(np.abs(kernels).max()) or 1.0
    fine = kernels.repeat(_FINE, axis=0).repeat(_FINE, axis=1).transpose(2, 3, 0, 1)
    columns = columns_for(filters)
    inches = max(0.45, 3.6 / (inputs * columns))
    sheets = [Tiles(channel, columns, inches) for channel in fine]
    width, height = sheets[0].size
    figure = blank(inputs * (width + 0.3) + 1.2, height + 0.9, title)
    panels = figure.subplots(1, inputs, squeeze=False)[0]
    for channel, (axes, tiles) in enumerate(zip(panels, sheets, strict=True)):
        image = tiles.draw(axes, cmap=DIVERGING, vmin=-limit, vmax=limit)
        is_colour = inputs == len(_COLOURS)
        name = _COLOURS[channel] if is_colour else f"input channel {first + channel}"
        axes.set_title(name, fontsize=9)
    figure.colorbar(image, ax=panels, label="weight", shrink=0.8)
    return figure


def _draw(subject: Subject) -> dict[str, Figure]:
    return {
        convolution.layer.name: _of_layer(convolution, subject)
        for convolution in convolutions_of(subject)
    }


def _of_layer(convolution: Convolution, subject: Subject) -> Figure:
    """Draws all input channels of the first convolution, and one channel of each other one."""
    layer = convolution.layer
    kernels = keras.ops.convert_to_numpy(layer.kernel)[..., :MOST_CHANNELS]
    head, facts = f"{subject.name}: kernels of {layer.name}", list(convolution.facts)
    inputs = kernels.shape[2]
    if inputs > (subject.meta.shape[2] if convolution.sees_image else 1):
        kernels = kernels[:, :, :1]
        facts.append(f"for input channel 0 of {inputs}")
    return plot(kernels, title=captions.title(head, *facts))


FIGURE = FigureKind(
    place=100,
    alt="the kernels as images, one panel for each input channel: "
    "positive in one colour, negative in another, zero white",
    draw=_draw,
)
