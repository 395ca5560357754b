"""Residuals: the predictions of a regression and their errors."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import TRAIN, VALIDATION, blank
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.figures import FigureKind

_MANY = 1000  # points that must be small


def plot(
    truth: NDArray[np.float64], prediction: NDArray[np.float64], *, unit: str, title: str
) -> Figure:
    """Draws prediction against truth, and predicted - true against prediction."""
    figure = blank(9.6, 4.6, title)
    left, right = figure.subplots(1, 2)
    look = {"s": 6, "alpha": 0.35} if len(truth) > _MANY else {"s": 16, "alpha": 0.7}
    values = np.concatenate([truth, prediction])
    ends = [float(values.min()), float(values.max())]
    left.scatter(truth, prediction, color=TRAIN, linewidths=0, **look)
    left.plot(ends, ends, color="black", linewidth=1, label="exact")
    left.set(xlabel=f"true {unit}", ylabel=f"predicted {unit}", aspect="equal")
    left.legend(frameon=False)
    residuals = prediction - truth
    right.scatter(prediction, residuals, color=VALIDATION, marker="D", linewidths=0, **look)
    right.axhline(0, color="black", linewidth=1)
    right.set(xlabel=f"predicted {unit}", ylabel=f"residual: predicted - true\n{unit}")
    return figure


def _draw(subject: Subject) -> dict[str, Figure]:
    return {
        target.suffix: plot(
            target.scores["test"].truth,
            target.scores["test"].prediction,
            unit=target.unit,
            title=f"{target.title}: predictions of the test split and their errors",
        )
        for target in subject.numbers
    }


FIGURE = FigureKind(
    place=40,
    alt="on the test split, predicted against true values on the left, "
    "and predicted minus true values against predicted values on the right",
    draw=_draw,
)
