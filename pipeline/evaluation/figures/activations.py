"""What a convolution makes of an image."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import SEQUENTIAL, blank
from pipeline.evaluation.drawing.tiles import Tiles, columns_for
from pipeline.evaluation.figures.images import GREYS


def activation_maps(
    images: NDArray[np.float64], maps: NDArray[np.float32], names: Sequence[str], *, title: str
) -> Figure:
    """One row for each image, beside the maps of all channels, which have one scale in the whole figure.

    Args:
        images: `(n, height, width)` or `(n, height, width, 3)`, from 0 to 1.
        maps: `(n, height, width, channels)`, of any size.
        names: one for each image.
    """
    channels = maps.shape[3]
    columns = columns_for(channels, ratio=2)
    inches = max(0.5, 1.8 * columns / channels)
    sheets = [Tiles(of_image.transpose(2, 0, 1), columns, inches) for of_image in maps]
    width, height = sheets[0].size
    figure = blank(width + 3.4, len(images) * (max(height, 1.6) + 0.4) + 0.5, title)
    panels = figure.subplots(len(images), 2, squeeze=False, width_ratios=[1.8, width])
    for (left, right), picture, name, tiles in zip(panels, images, names, sheets, strict=True):
        left.imshow(picture, interpolation="nearest", **GREYS)
        left.set_title(name, fontsize=9)
        left.set_axis_off()
        image = tiles.draw(
            right, cmap=SEQUENTIAL, vmin=min(0.0, float(maps.min())), vmax=float(maps.max())
        )
    figure.colorbar(image, ax=panels, label="activation", shrink=0.8)
    return figure
