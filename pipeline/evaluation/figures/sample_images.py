"""Sample images: images of the training split, drawn at random, with labels."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import GREYS, blank
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.drawing.tiles import Tiles
from pipeline.evaluation.figures import FigureKind

_SAMPLES = 40
_COLUMNS = 10
_SEED = 0  # of the random choice


def plot(
    images: NDArray[np.float64],
    labels: Sequence[str],
    *,
    title: str,
    columns: int = _COLUMNS,
    inches: float = 0.8,
) -> Figure:
    """Draws images in rows, each under its label.

    Args:
        images: `(rows, height, width)` or `(rows, height, width, 3)`, from 0 to 1.
        inches: the width of an image.
    """
    tiles = Tiles(images, columns=min(columns, len(images)), inches=inches, labels=labels)
    width, height = tiles.size
    figure = blank(max(width, 3.6) + 0.4, height + 0.6, title)
    tiles.draw(figure.subplots(), **GREYS)
    return figure


def _draw(subject: Subject) -> dict[str, Figure]:
    if not subject.has_images:
        return {}
    train, classes = subject.train, subject.classes
    size = min(_SAMPLES, len(train))
    rows = np.sort(np.random.default_rng(_SEED).choice(len(train), size=size, replace=False))
    figure = plot(
        subject.images(train, rows),
        [classes[label] for label in train.y[rows]],
        title=f"{subject.name}: images of the training split",
    )
    return {"": figure}


FIGURE = FigureKind(
    place=80,
    alt="images of the training split, each under its label",
    draw=_draw,
)
