"""Images of a data set with their labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import blank
from pipeline.evaluation.drawing.tiles import Tiles

GREYS: dict[str, Any] = {
    "cmap": "gray",
    "vmin": 0,
    "vmax": 1,
}  # black is 0; imshow takes no notice of them for colours


def sample_images(images: NDArray[np.float64], labels: Sequence[str], *, title: str) -> Figure:
    """Images `(n, height, width)` or `(n, height, width, 3)` from 0 to 1, ten in a row, each under its label."""
    tiles = Tiles(images, columns=min(10, len(images)), inches=0.8, labels=labels)
    width, height = tiles.size
    figure = blank(max(width, 3.6) + 0.4, height + 0.6, title)
    tiles.draw(figure.subplots(), **GREYS)
    return figure
