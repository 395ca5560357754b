"""Many small images as one image.

Drawing each of a hundred images in its own axes would take seconds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

_LINE = 0.17  # inches that a line of a label takes


@dataclass(frozen=True)
class Tiles:
    """Images in rows of `columns`.

    Args:
        images: `(n, height, width)`, or `(n, height, width, 3)` for colours from 0 to 1.
        inches: the width of one image.
        labels: one text above each image, or none at all.
    """

    images: NDArray[Any]
    columns: int
    inches: float
    labels: Sequence[str] = ()

    @property
    def rows(self) -> int:
        return -(-len(self.images) // self.columns)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in inches."""
        height, width = self.sheet().shape[:2]
        scale = self.inches / self.images.shape[2]
        return width * scale, height * scale

    def sheet(self) -> NDArray[np.float64]:
        """The tiles as one image. Gaps are NaN, or white between colour images."""
        height, width = self.images.shape[1:3]
        top, left = self._corner(self.rows * self.columns - 1)
        shape = (top + height, left + width, *self.images.shape[3:])
        sheet = np.full(shape, np.nan if self.images.ndim == 3 else 1.0)
        for number, image in enumerate(self.images):
            top, left = self._corner(number)
            sheet[top : top + height, left : left + width] = image
        return sheet

    def draw(self, axes: Axes, **look: Any) -> AxesImage:
        """Draws the tiles and their labels.

        Args:
            look: arguments of `imshow`.
        """
        image = axes.imshow(self.sheet(), interpolation="nearest", **look)
        above: dict[str, Any] = {
            "xytext": (0, 2),
            "textcoords": "offset points",
            "ha": "center",
            "va": "bottom",
        }
        for number, label in enumerate(self.labels):
            top, left = self._corner(number)
            middle = left + (self.images.shape[2] - 1) / 2
            axes.annotate(label, (middle, top - 0.5), fontsize=8, linespacing=1.1, **above)
        axes.set_axis_off()
        return image

    def _corner(self, number: int) -> tuple[int, int]:
        """The top and left pixel of a tile."""
        row, column = divmod(number, self.columns)
        down, across = self._gaps
        first = down if self.labels else 0
        return first + row * (self.images.shape[1] + down), column * (self.images.shape[2] + across)

    @property
    def _gaps(self) -> tuple[int, int]:
        """Pixels between rows, with room for labels, and between columns."""
        across = max(1, round(0.06 * self.images.shape[2]))
        lines = max((label.count("\n") + 1 for label in self.labels), default=0)
        return max(across, round(_LINE * lines * self.images.shape[2] / self.inches)), across


def columns_for(count: int, *, ratio: float = 1) -> int:
    """How many of `count` tiles to put in a row.

    There are about `ratio` times as many columns as rows. Up to half as many columns more
    are used if that fills every row.
    """
    least = min(count, math.ceil(math.sqrt(ratio * count)))
    return next(
        (columns for columns in range(least, 3 * least // 2 + 1) if count % columns == 0), least
    )
