"""Classifications by two features: which class each point of the plane gets, and how sure of it the network is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import COLOURS, MARKERS, SEQUENTIAL, blank

_FACES = 100  # of a surface along each axis


@dataclass(frozen=True)
class Points:
    """Rows of a split: both features `(rows, 2)` in the unit of the CSV, and class numbers `(rows,)`."""

    features: NDArray[np.float64]
    labels: NDArray[np.int64]


def decision_boundary(
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
    """The most probable class everywhere, lines where it changes, and the points; those of the test split are ringed.

    Args:
        probabilities: `(len(up), len(across), classes)`.
        names: of the features, across and up.
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
    for number, points in product(range(len(classes)), (train, test)):
        at = points.features[points.labels == number]
        mark = MARKERS[number % len(MARKERS)]
        axes.scatter(
            at[:, 0],
            at[:, 1],
            s=36,
            color=colours[number],
            marker=mark,
            edgecolors="white",
            linewidths=0.5,
        )
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
        label="of the test split",
    )
    return [*marks, ring, Line2D([], [], color="black", label="boundary")]


def output_surfaces(
    across: NDArray[np.float64],
    up: NDArray[np.float64],
    outputs: Mapping[str, NDArray[np.float64]],
    *,
    names: tuple[str, str],
    title: str,
) -> Figure:
    """A surface over the plane for each of `outputs`, from 0 to 1 and of shape (len(up), len(across)), on one scale."""
    figure = blank(4.9 * len(outputs) + 0.6, 4.4, title)
    panels = figure.subplots(1, len(outputs), squeeze=False, subplot_kw={"projection": "3d"})[0]
    some = slice(None, None, max(1, len(across) // _FACES))
    mesh = np.meshgrid(across[some], up[some])
    for axes, (name, output) in zip(panels, outputs.items(), strict=True):
        look = {
            "cmap": SEQUENTIAL,
            "vmin": 0,
            "vmax": 1,
            "rstride": 1,
            "cstride": 1,
            "linewidth": 0,
            "antialiased": False,
        }
        surface = axes.plot_surface(*mesh, output[some, some], **look)
        surface.set_array(_middles(output[some, some]).ravel())
        axes.set(xlabel=names[0], ylabel=names[1], zlabel="output", zlim=(0, 1))
        axes.set_title(name, fontsize=10)
        axes.view_init(elev=28, azim=-60)
    figure.colorbar(surface, ax=panels, label="output", shrink=0.7, pad=0.08)
    return figure


def _middles(output: NDArray[np.float64]) -> NDArray[np.float64]:
    """Halfway between the lowest and the highest corner of each face, so that the wall of a step has one colour."""
    corners = np.stack([output[:-1, :-1], output[1:, :-1], output[:-1, 1:], output[1:, 1:]])
    middles: NDArray[np.float64] = (corners.min(axis=0) + corners.max(axis=0)) / 2
    return middles
