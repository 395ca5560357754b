"""Confusion matrix: how often the model predicts each class, by true class.

Several labels have one each, as in `sklearn.metrics.multilabel_confusion_matrix`.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import blank, literal
from pipeline.evaluation.drawing.subject import Subject, part_of
from pipeline.evaluation.figures import FigureKind
from pipeline.evaluation.tables import MOST_CLASSES, confusion
from pipeline.models.scores import ClassScores, ScoresByTarget

_ACROSS = 4
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


def plot_labels(
    counts: Mapping[str, NDArray[np.int64]], answers: Mapping[str, Sequence[str]], *, title: str
) -> Figure:
    """Draws the counts of each label, up to four in a row.

    Args:
        counts: `[true, predicted]` by label.
        answers: the texts for no and yes by label.
    """
    across = min(_ACROSS, len(counts))
    down = math.ceil(len(counts) / across)
    figure = blank(2.6 * across + 0.4, 2.6 * down + 0.6, title, layout="compressed")
    panels = figure.subplots(down, across, squeeze=False).flat
    for axes, (label, own) in zip(panels, counts.items(), strict=False):
        shares = own / np.maximum(own.sum(axis=1, keepdims=True), 1)
        sns.heatmap(
            shares,
            ax=axes,
            annot=own,
            fmt="d",
            cmap="Blues",
            vmin=0,
            vmax=1,
            square=True,
            linewidths=0.5,
            cbar=False,
            xticklabels=answers[label],
            yticklabels=answers[label],
        )
        axes.set(title=literal(label), xlabel="predicted", ylabel="true")
    for axes in list(panels)[len(counts) :]:
        axes.set_visible(False)
    return figure


def _draw(subject: Subject) -> dict[str, Figure]:
    if isinstance(subject.scores, ScoresByTarget):
        return _of_labels(subject)
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


def _of_labels(subject: Subject) -> dict[str, Figure]:
    """A figure of each split, if there are not too many labels."""
    labels = {
        target.name: target.levels for target in subject.meta.targets if target.levels is not None
    }
    if not 0 < len(labels) <= _FEW:
        return {}
    counts = {
        split: {
            label: confusion(scores)
            for label in labels
            if isinstance(scores := part_of(of_split, label), ClassScores)
        }
        for split, of_split in subject.scores_by_split.items()
    }
    return {
        split: plot_labels(
            by_label,
            labels,
            title=f"{subject.name}: confusion matrices of the {split} split",
        )
        for split, by_label in counts.items()
    }


FIGURE = FigureKind(
    place=20,
    alt="true classes by row and predicted classes by column, as counts on the left and as "
    "percentages of the true class on the right; for several labels, the counts of each label",
    draw=_draw,
)
