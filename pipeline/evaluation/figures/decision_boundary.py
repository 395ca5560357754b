"""Decision boundary: the predicted class over the plane of two features."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from pipeline.evaluation.drawing.plane import Points, plane_of
from pipeline.evaluation.drawing.style import COLOURS, MARKERS, blank
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.figures import FigureKind


def plot(
    across: NDArray[np.float64],
    up: NDArray[np.float64],
    probabilities: NDArray[np.float64],
    *,
    train: Points,
    test: Points,
    classes: Sequence[str],
    names: tuple[str, str],
    title: str,
) -> Figure:
    """Draws the most probable class by colour, its boundaries, and rows as points.

    Args:
        across, up: values along both axes.
        probabilities: `(len(up), len(across), classes)`.
        test: a ring marks these points.
        names: the features along both axes.
    """
    figure = blank(7.2, 5.0, title)
    axes = figure.subplots()
    colours = [COLOURS[number % len(COLOURS)] for number in range(len(classes))]
    axes.imshow(
        probabilities.argmax(axis=2),
        extent=(across[0], across[-1], up[0], up[-1]),
        origin="lower",
        aspect="auto",
        cmap=ListedColormap(colours),
        vmin=-0.5,
        vmax=len(classes) - 0.5,
        alpha=0.22,
    )
    for number in range(1, len(classes)):
        margin = probabilities[:, :, number] - np.delete(probabilities, number, axis=2).max(axis=2)
        if margin.min() < 0 < margin.max():
            axes.contour(across, up, margin, levels=[0], colors="black", linewidths=1.2)
    for (number, colour), points in product(enumerate(colours), (train, test)):
        _scatter(axes, points.features[points.labels == number], number, colour)
    axes.scatter(
        test.features[:, 0],
        test.features[:, 1],
        s=110,
        facecolors="none",
        edgecolors="black",
        linewidths=1.0,
    )
    axes.set(xlabel=names[0], ylabel=names[1], xlim=(across[0], across[-1]), ylim=(up[0], up[-1]))
    figure.legend(handles=_legend(classes, colours), loc="outside right upper", frameon=False)
    return figure


def _scatter(axes: Axes, features: NDArray[np.float64], number: int, colour: str) -> None:
    mark = MARKERS[number % len(MARKERS)]
    axes.scatter(
        features[:, 0],
        features[:, 1],
        s=36,
        color=colour,
        marker=mark,
        edgecolors="white",
        linewidths=0.5,
    )


def _legend(classes: Sequence[str], colours: Sequence[str]) -> list[Line2D]:
    marks = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=MARKERS[number % len(MARKERS)],
            color=colour,
            label=name,
        )
        for number, (name, colour) in enumerate(zip(classes, colours, strict=True))
    ]
    ring = Line2D(
        [],
        [],
        linestyle="none",
        marker="o",
        markersize=10.5,
        fillstyle="none",
        color="black",
        label="test split",
    )
    return [*marks, ring, Line2D([], [], color="black", label="boundary")]


def _draw(subject: Subject) -> dict[str, Figure]:
    plane = plane_of(subject)
    if plane is None:
        return {}
    figure = plot(
        plane.across,
        plane.up,
        plane.probabilities(subject.model),
        train=plane.points(subject.train),
        test=plane.points(subject.test),
        classes=subject.classes,
        names=plane.names,
        title=f"{subject.name}: decision boundary",
    )
    return {"": figure}


FIGURE = FigureKind(
    place=60,
    alt="the class that the model predicts at each point of the plane of both features, "
    "and the rows of the training and the test split",
    draw=_draw,
)
