"""Worst errors: the wrongly classified test images with the largest log loss."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.drawing import captions
from pipeline.evaluation.drawing.style import GREYS, blank
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.drawing.tiles import Tiles
from pipeline.evaluation.figures import FigureKind
from pipeline.models.scores import ClassScores

_MOST = 9
_COLUMNS = 3


def plot(
    images: NDArray[np.float64],
    true: Sequence[tuple[str, float]],
    predicted: Sequence[tuple[str, float]],
    *,
    title: str,
) -> Figure:
    """Draws images, three in a row, under their predicted and their true class.

    Args:
        images: `(rows, height, width)` or `(rows, height, width, 3)`, from 0 to 1.
        true, predicted: for each image, the class and its predicted probability.
    """
    labels = [
        f"predicted {wrong} ({captions.percent(high)})\ntrue {right} ({captions.percent(low)})"
        for (wrong, high), (right, low) in zip(predicted, true, strict=True)
    ]
    tiles = Tiles(images, columns=min(_COLUMNS, len(images)), inches=1.7, labels=labels)
    width, height = tiles.size
    figure = blank(max(width, 3.6) + 0.6, height + 0.6, title)
    tiles.draw(figure.subplots(), **GREYS)
    return figure


def _draw(subject: Subject) -> dict[str, Figure]:
    """Draws the errors with the lowest probability of the true class."""
    if not subject.gives_probabilities:
        return {}
    scores = subject.scores
    if not subject.has_images or not isinstance(scores, ClassScores):
        return {}
    truth, predicted, classes = scores.truth, scores.predicted, subject.classes
    probabilities = scores.probabilities
    errors = np.flatnonzero(predicted != truth)
    if not len(errors):
        return {}
    worst = errors[np.argsort(probabilities[errors, truth[errors]], kind="stable")][:_MOST]
    figure = plot(
        subject.images(subject.test, worst),
        true=[(classes[truth[row]], probabilities[row, truth[row]]) for row in worst],
        predicted=[(classes[predicted[row]], probabilities[row, predicted[row]]) for row in worst],
        title=f"{subject.name}: worst errors of the test split",
    )
    return {"": figure}


FIGURE = FigureKind(
    place=30,
    alt="wrongly classified images of the test split, "
    "each with its predicted and its true class and their probabilities",
    draw=_draw,
)
