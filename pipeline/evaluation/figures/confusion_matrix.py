"""Confusion matrix: how often the model predicts each class, by true class."""

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import blank
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.figures import FigureKind
from pipeline.evaluation.tables import MOST_CLASSES, confusion
from pipeline.models.scores import ClassScores

_FEW = 20  # classes that leave room for numbers
_SHORT = 12  # letters of a class that need no extra room


def plot(counts: NDArray[np.int64], classes: Sequence[str], *, title: str) -> Figure:
    """Draws counts next to percentages of each row.

    Args:
        counts: `[true, predicted]`.
    """
    few = len(classes) <= _FEW
    size = max(2.6, (0.42 if few else 0.16) * len(classes) + 0.8)
    longest = max(map(len, classes))
    room = 0.07 * max(0, longest - _SHORT)
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
            # Labels are drawn below: seaborn's search for overlaps takes seconds for 20 classes.
            xticklabels=False,
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


def _draw(subject: Subject) -> dict[str, Figure]:
    classes = subject.classes
    if len(classes) > MOST_CLASSES:
        return {}
    return {
        split: plot(
            confusion(scores),
            classes,
            title=f"{subject.name}: confusion matrix of the {split} split",
        )
        for split, scores in subject.scores_by_split.items()
        if isinstance(scores, ClassScores)
    }


FIGURE = FigureKind(
    place=20,
    alt="true classes by row and predicted classes by column, "
    "as counts on the left and as percentages of the true class on the right",
    draw=_draw,
)
