"""What layers that see images have learned: weights on one scale with zero white."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import DIVERGING, blank
from pipeline.evaluation.drawing.tiles import Tiles, columns_for

_COLOURS = ("red", "green", "blue")
_FINE = 4  # pixels of a kernel's one in each direction, so that the gaps between kernels are thin


def first_layer_weights(
    weights: NDArray[np.float32], *, limit: float, title: str, labels: Sequence[str] = ()
) -> Figure:
    """The weights of each unit, `(units, height, width)`, as an image.

    Args:
        limit: the end of the colour scale, `-limit` to `limit`, also for weights beyond; figures that are compared share it.
        labels: a name for each unit.
    """
    inches = (
        1.1 if len(weights) <= 20 else max(0.5, weights.shape[2] / 60)
    )  # two pixels for each weight
    tiles = Tiles(
        weights,
        columns=columns_for(len(weights), ratio=2 if labels else 1),
        inches=inches,
        labels=labels,
    )
    width, height = tiles.size
    figure = blank(max(width, 3.0) + 1.4, height + 0.8, title)
    axes = figure.subplots()
    image = tiles.draw(axes, cmap=DIVERGING, vmin=-limit, vmax=limit)
    figure.colorbar(image, ax=axes, label="weight", extend="both", shrink=0.8)
    return figure


def convolution_kernels(kernels: NDArray[np.float32], *, title: str) -> Figure:
    """The kernels `(height, width, inputs, filters)` of a convolution, one panel for each input channel, on one scale."""
    _, _, inputs, filters = kernels.shape
    limit = float(np.abs(kernels).max()) or 1.0
    fine = kernels.repeat(_FINE, axis=0).repeat(_FINE, axis=1).transpose(2, 3, 0, 1)
    columns = columns_for(filters)
    sheets = [
        Tiles(of_input, columns, inches=max(0.45, 3.6 / (inputs * columns))) for of_input in fine
    ]
    width, height = sheets[0].size
    figure = blank(inputs * (width + 0.3) + 1.2, height + 0.9, title)
    panels = figure.subplots(1, inputs, squeeze=False)[0]
    for channel, (axes, tiles) in enumerate(zip(panels, sheets, strict=True)):
        image = tiles.draw(axes, cmap=DIVERGING, vmin=-limit, vmax=limit)
        axes.set_title(
            _COLOURS[channel] if inputs == len(_COLOURS) else f"input channel {channel}", fontsize=9
        )
    figure.colorbar(image, ax=panels, label="weight", shrink=0.8)
    return figure
