"""Residuals by prediction: the errors of small and of large predictions."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from pipeline.evaluation.drawing.style import TRAIN, VALIDATION, blank
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.figures import FigureKind
from pipeline.evaluation.tables import residuals

Groups = Sequence[Mapping[str, Any]]


def plot(groups: Mapping[str, Groups], *, unit: str, title: str) -> Figure:
    """Draws quantiles of the residuals of each group of rows, for each split.

    Args:
        groups: by split, as `pipeline.evaluation.tables.residuals` returns them.
    """
    figure = blank(4.8 * len(groups), 4.2, title)
    row = figure.subplots(1, len(groups), squeeze=False, sharey=True)[0]
    for axes, (split, rows) in zip(row, groups.items(), strict=True):
        middles = [(group["from"] + group["to"]) / 2 for group in rows]
        by_share = {
            share: [group["quantiles"][share] for group in rows] for share in rows[0]["quantiles"]
        }
        for low, high, width, label in (
            ("0.05", "0.95", 1.5, "5 % to 95 % of the rows"),
            ("0.25", "0.75", 5, "25 % to 75 %"),
        ):
            axes.vlines(
                middles, by_share[low], by_share[high], color=TRAIN, linewidth=width, label=label
            )
        axes.plot(
            middles,
            by_share["0.5"],
            color=VALIDATION,
            marker="D",
            linestyle="",
            label="median",
        )
        axes.axhline(0, color="black", linewidth=1)
        axes.set(title=split, xlabel=f"predicted {unit}")
        axes.grid(alpha=0.25)
    row[0].set_ylabel(f"residual: predicted - true\n{unit}")
    row[0].legend(frameon=False)
    return figure


def _draw(subject: Subject) -> dict[str, Figure]:
    return {
        target.suffix: plot(
            {split: residuals(scores) for split, scores in target.scores.items()},
            unit=target.unit,
            title=f"{target.title}: residuals by prediction",
        )
        for target in subject.numbers
    }


FIGURE = FigureKind(
    place=45,
    alt="median and spread of predicted minus true values in groups of rows with similar "
    "predictions, for the validation and the test split",
    draw=_draw,
)
