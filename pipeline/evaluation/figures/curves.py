"""Learning curves."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.evaluation.drawing.style import ACCENT, TRAIN, VALIDATION, blank

_LINES = {"train": (TRAIN, "-", "o"), "validation": (VALIDATION, "--", "s")}
_FEW = 40  # points that still have room for a mark each


def learning_curves(
    epochs: Sequence[float],
    curves: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    kept: float,
    title: str,
    learning_rate: Sequence[float] | None = None,
) -> Figure:
    """One panel for each label of an axis: `curves[label]["train" | "validation"]` over `epochs`, NaN where unknown.

    The epoch `kept`, whose weights the model has, is marked. `learning_rate` gets a panel of its own.
    """
    panels = len(curves) + (learning_rate is not None)
    figure = blank(4.8 * panels, 3.8, title)
    every = figure.subplots(1, panels, squeeze=False)[0]
    for axes, (label, splits) in zip(every, curves.items(), strict=False):
        for split, (colour, line, mark) in _LINES.items():
            if split in splits:
                known = np.isfinite(np.asarray(splits[split], dtype=float))
                at, values = np.asarray(epochs)[known], np.asarray(splits[split])[known]
                marks = {"marker": mark, "markersize": 4} if len(at) <= _FEW else {}
                axes.plot(at, values, color=colour, linestyle=line, label=split, **marks)
        axes.axvline(
            kept,
            color=ACCENT,
            linestyle=":",
            linewidth=1.5,
            label=f"weights kept (epoch {kept:,.5g})",
        )
        axes.legend(frameon=False)
        _finish(axes, epochs, label)
    if learning_rate is not None:
        every[-1].plot(epochs, learning_rate, color="black")
        _finish(every[-1], epochs, "learning rate")
    return figure


def _finish(axes: Axes, epochs: Sequence[float], label: str) -> None:
    axes.set(xlabel="epoch", ylabel=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=max(epochs) >= 5))
    axes.grid(alpha=0.25)
