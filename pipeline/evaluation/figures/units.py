"""What a dense layer makes of an image."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import TRAIN, blank
from pipeline.evaluation.figures.images import GREYS


def unit_activations(
    images: NDArray[np.float64], values: NDArray[np.float32], names: Sequence[str], *, title: str
) -> Figure:
    """One row for each image, beside the activations of all units, which have one scale in the whole figure.

    Args:
        images: `(n, height, width)` or `(n, height, width, 3)`, from 0 to 1.
        values: `(n, units)`; units are counted from 0.
        names: one for each image.
    """
    figure = blank(9.6, 2.4 * len(images) + 0.5, title)
    panels = figure.subplots(len(images), 2, squeeze=False, width_ratios=[1, 3], sharey="col")
    for (left, right), picture, name, row in zip(panels, images, names, values, strict=True):
        left.imshow(picture, interpolation="nearest", **GREYS)
        left.set_title(name, fontsize=9)
        left.set_axis_off()
        right.bar(np.arange(len(row)), row, width=0.9, color=TRAIN)
        right.axhline(0, color="black", linewidth=0.8)
        right.set(xlabel="unit", ylabel="activation", xlim=(-0.6, len(row) - 0.4))
        right.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure
