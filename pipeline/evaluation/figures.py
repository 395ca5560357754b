"""Figures: arrays in, a matplotlib figure out. Colours are safe for colour-blind readers (Okabe and Ito 2008)."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

TRAIN, VALIDATION, ACCENT = "#0072B2", "#D55E00", "#009E73"
_DPI = 120


def confusion_matrix(counts: NDArray[np.int64], classes: Sequence[str], *, title: str) -> Figure:
    """Counts `[true, predicted]` beside the same normalised by row, in per cent, on one grid each."""
    size = max(3.2, 0.52 * len(classes) + 1.6)
    figure = Figure(figsize=(2 * size + 1.2, size + 0.6), dpi=_DPI, layout="constrained")
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    panels = figure.subplots(1, 2)
    for axes, values, name, form in zip(panels, (counts, shares), ("rows", "% of the true class"), ("d", ".0f"), strict=True):
        sns.heatmap(
            values,
            ax=axes,
            annot=len(classes) <= 20,
            fmt=form,
            cmap="Blues",
            vmin=0,
            square=True,
            linewidths=0.5,
            annot_kws={"size": 7 if len(classes) > 4 else 10},
            xticklabels=False,  # drawn below: seaborn looks for overlaps, which takes seconds for twenty classes
            yticklabels=False,
            cbar_kws={"label": name, "shrink": 0.8},
        )
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        middles = np.arange(len(classes)) + 0.5
        axes.set_xticks(middles, classes, rotation=45 if max(map(len, classes)) > 3 else 0)
        axes.set_yticks(middles, classes)
    figure.suptitle(title)
    return figure


def residuals(targets: NDArray[np.float64], predictions: NDArray[np.float64], *, unit: str, title: str) -> Figure:
    """Predicted against true, and the residuals (predicted - true) against the prediction."""
    figure = Figure(figsize=(9.6, 4.4), dpi=_DPI, layout="constrained")
    left, right = figure.subplots(1, 2)
    size = 6 if len(targets) > 1000 else 16
    low, high = float(min(targets.min(), predictions.min())), float(max(targets.max(), predictions.max()))
    left.scatter(targets, predictions, s=size, alpha=0.35, color=TRAIN, linewidths=0)
    left.plot([low, high], [low, high], color="black", linewidth=1, label="exact")
    left.set(xlabel=f"true {unit}", ylabel=f"predicted {unit}")
    left.legend(frameon=False)
    right.scatter(predictions, predictions - targets, s=size, alpha=0.35, color=VALIDATION, linewidths=0)
    right.axhline(0, color="black", linewidth=1)
    right.set(xlabel=f"predicted {unit}", ylabel="residual (predicted - true)")
    figure.suptitle(title)
    return figure


def learning_curves(
    epochs: Sequence[float], curves: Mapping[str, Mapping[str, Sequence[float]]], *, kept: float, title: str
) -> Figure:
    """One panel for each metric: `curves[metric]["train" | "validation"]` over `epochs`, NaN where unknown.

    The epoch `kept`, whose weights the model has, is marked.
    """
    figure = Figure(figsize=(4.8 * len(curves), 3.8), dpi=_DPI, layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(curves)))
    for axes, (metric, splits) in zip(panels, curves.items(), strict=True):
        for split, colour in (("train", TRAIN), ("validation", VALIDATION)):
            if split in splits:
                known = np.isfinite(np.asarray(splits[split], dtype=float))
                at, values = np.asarray(epochs)[known], np.asarray(splits[split])[known]
                axes.plot(at, values, color=colour, label=split, marker="." if len(at) <= 40 else None)
        axes.axvline(kept, color=ACCENT, linestyle="--", linewidth=1, label="weights kept")
        axes.set(xlabel="epoch", ylabel=metric)
        axes.xaxis.set_major_locator(MaxNLocator(integer=max(epochs) >= 5))
        axes.legend(frameon=False)
        axes.grid(alpha=0.25)
    figure.suptitle(title)
    return figure
