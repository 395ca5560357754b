"""How a classification went: which classes are taken for which, and the mistakes it was surest of."""

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import blank
from pipeline.evaluation.drawing.tiles import Tiles
from pipeline.evaluation.figures.images import GREYS


def confusion_matrix(counts: NDArray[np.int64], classes: Sequence[str], *, title: str) -> Figure:
    """Counts `[true, predicted]` beside the same normalised by row, in per cent, on one grid each."""
    few = len(classes) <= 20  # which leave room for numbers
    size = max(2.6, (0.42 if few else 0.16) * len(classes) + 0.8)
    longest = max(map(len, classes))
    room = 0.07 * max(0, longest - 12)  # inches that names of up to twelve letters find anyway
    figure = blank(2 * (size + room) + 1.8, size + room + 0.6, title, layout="compressed")
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    panels = figure.subplots(1, 2)
    kinds = ((counts, "rows", "d", None), (shares, "% of the true class", ".0f", 100))
    for axes, (values, name, form, highest) in zip(panels, kinds, strict=True):
        sns.heatmap(
            values,
            ax=axes,
            annot=few,
            fmt=form,
            cmap="Blues",
            vmin=0,
            vmax=highest,
            square=True,
            linewidths=0.5,
            annot_kws={"size": 7 if len(classes) > 4 else 10},
            xticklabels=False,  # drawn below: seaborn looks for overlaps, which takes seconds for twenty classes
            yticklabels=False,
            cbar_kws={"label": name, "shrink": 0.8, "ticks": MaxNLocator(5, integer=True)},
        )
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        middles = np.arange(len(classes)) + 0.5
        turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if longest > 3 else {}
        axes.set_xticks(middles, classes, **turned)
        axes.set_yticks(middles, classes)
        axes.tick_params(labelsize=10 if few else 7)
    return figure


def worst_errors(
    images: NDArray[np.float64],
    true: Sequence[tuple[str, float]],
    predicted: Sequence[tuple[str, float]],
    *,
    title: str,
) -> Figure:
    """Images `(n, height, width)` or `(n, height, width, 3)` from 0 to 1, three in a row.

    Above each are the predicted and the true class with the probability given to it.
    """
    labels = [
        f"predicted {guess} ({_percent(sure)})\ntrue {right} ({_percent(given)})"
        for (guess, sure), (right, given) in zip(predicted, true, strict=True)
    ]
    tiles = Tiles(images, columns=min(3, len(images)), inches=1.7, labels=labels)
    width, height = tiles.size
    figure = blank(max(width, 3.6) + 0.6, height + 0.6, title)
    tiles.draw(figure.subplots(), **GREYS)
    return figure


def _percent(probability: float) -> str:
    if probability < 0.001:
        return "below 0.1 %"
    return f"{100 * probability:.1f} %" if probability < 0.9995 else "above 99.9 %"
