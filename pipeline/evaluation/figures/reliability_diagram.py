"""Reliability diagram: the accuracy of the predictions by their confidence."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from pipeline.evaluation.drawing.style import ACCENT, TRAIN, blank
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.figures import FigureKind
from pipeline.evaluation.tables import reliability
from pipeline.metrics._calibration import BINS
from pipeline.models.scores import ClassScores

Bins = Sequence[Mapping[str, float]]


def plot(bins: Mapping[str, Bins], *, title: str) -> Figure:
    """Draws accuracy against mean confidence above the number of rows, for each split.

    Args:
        bins: by split, as `pipeline.evaluation.tables.reliability` returns them.
    """
    figure = blank(4.6 * len(bins), 5.2, title)
    panels = figure.subplots(
        2, len(bins), sharex=True, squeeze=False, height_ratios=[3, 1], sharey="row"
    )
    for split, upper, lower in zip(bins, *panels, strict=True):
        filled = bins[split]
        confidence = [one["confidence"] for one in filled]
        accuracy = [one["accuracy"] for one in filled]
        upper.plot([0, 1], [0, 1], color="black", linewidth=1, label="calibrated")
        upper.vlines(confidence, confidence, accuracy, color=ACCENT, linewidth=2, label="gap")
        upper.plot(confidence, accuracy, color=TRAIN, marker="o", linestyle="", label="rows")
        upper.set(title=split, ylim=(-0.03, 1.03))
        upper.grid(alpha=0.25)
        lower.bar(
            [one["from"] for one in filled],
            [one["rows"] for one in filled],
            width=1 / BINS,
            align="edge",
            color=TRAIN,
            alpha=0.6,
        )
        lower.set(xlabel="confidence: probability of the predicted class", xlim=(0, 1))
    panels[0][0].set_ylabel("accuracy")
    panels[0][0].legend(frameon=False)
    panels[1][0].set_ylabel("rows")
    return figure


def _draw(subject: Subject) -> dict[str, Figure]:
    if not subject.gives_probabilities:
        return {}
    bins = {
        split: reliability(scores)
        for split, scores in subject.scores_by_split.items()
        if isinstance(scores, ClassScores)
    }
    return {"": plot(bins, title=f"{subject.name}: reliability diagram")} if bins else {}


FIGURE = FigureKind(
    place=25,
    alt="accuracy against mean confidence of rows in bins of confidence, above the number of rows "
    "in each bin, for the validation and the test split; the gaps are the calibration error",
    draw=_draw,
)
