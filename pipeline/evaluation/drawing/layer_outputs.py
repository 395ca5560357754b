"""What a layer computes: maps of a convolution, bars of a dense layer."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import GREYS, SEQUENTIAL, TRAIN, blank
from pipeline.evaluation.drawing.tiles import Tiles, columns_for


def activation_maps(
    images: NDArray[np.float64], maps: NDArray[np.float32], names: Sequence[str], *, title: str
) -> Figure:
    """Draws one row per image: the image, and the maps of all channels.

    All maps share one scale.

    Args:
        images: `(rows, height, width)` or `(rows, height, width, 3)`, from 0 to 1.
        maps: `(rows, height, width, channels)`, of any size.
        names: one for each image.
    """
    channels = maps.shape[3]
    columns = columns_for(channels, ratio=2)
    inches = max(0.5, 1.8 * columns / channels)
    sheets = [Tiles(channel.transpose(2, 0, 1), columns, inches) for channel in maps]
    width, height = sheets[0].size
    figure = blank(width + 3.4, len(images) * (max(height, 1.6) + 0.4) + 0.5, title)
    panels = figure.subplots(len(images), 2, squeeze=False, width_ratios=[1.8, width])
    for (left, right), image, name, tiles in zip(panels, images, names, sheets, strict=True):
        left.imshow(image, interpolation="nearest", **GREYS)
        left.set_title(name, fontsize=9)
        left.set_axis_off()
        drawn = tiles.draw(
            right, cmap=SEQUENTIAL, vmin=min(0.0, float(maps.min())), vmax=float(maps.max())
        )
    figure.colorbar(drawn, ax=panels, label="activation", shrink=0.8)
    return figure


def unit_activations(
    images: NDArray[np.float64], values: NDArray[np.float32], names: Sequence[str], *, title: str
) -> Figure:
    """Draws one row per image: the image, and the activations of all units.

    All bars share one scale.

    Args:
        images: `(rows, height, width)` or `(rows, height, width, 3)`, from 0 to 1.
        values: `(rows, units)`; units are counted from 0.
        names: one for each image.
    """
    figure = blank(9.6, 2.4 * len(images) + 0.5, title)
    panels = figure.subplots(len(images), 2, squeeze=False, width_ratios=[1, 3], sharey="col")
    for (left, right), image, name, row in zip(panels, images, names, values, strict=True):
        left.imshow(image, interpolation="nearest", **GREYS)
        left.set_title(name, fontsize=9)
        left.set_axis_off()
        right.bar(np.arange(len(row)), row, width=0.9, color=TRAIN)
        right.axhline(0, color="black", linewidth=0.8)
        right.set(xlabel="unit", ylabel="activation", xlim=(-0.6, len(row) - 0.4))
        right.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure
