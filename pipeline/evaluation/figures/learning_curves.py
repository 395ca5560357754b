"""Learning curves: loss and metrics of training and validation over the epochs or steps."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pipeline import metrics
from pipeline.config.metrics import is_metric
from pipeline.data.prepared import Meta
from pipeline.evaluation.drawing.style import ACCENT, TRAIN, VALIDATION, blank, literal
from pipeline.evaluation.drawing.subject import Subject, unit_of
from pipeline.evaluation.figures import FigureKind
from pipeline.runs.axis import EPOCH, axis_of, place
from pipeline.runs.history import Point

_LINES = {
    "train": (TRAIN, "-", "o"),
    "validation": (VALIDATION, "--", "s"),
    "running": (TRAIN, ":", "."),
}
_LONGEST_LINE = 40  # letters next to a panel
_FEW = 40  # points that still have room for a mark each


def plot(
    places: Sequence[float],
    curves: Mapping[str, Mapping[str, Sequence[float] | NDArray[np.float64]]],
    *,
    saved: float,
    title: str,
    axis: str = EPOCH,
    learning_rate: Sequence[float] | None = None,
) -> Figure:
    """Draws one panel per metric, and one for the learning rate, if there is one.

    Args:
        places: the epoch or the step of each evaluation.
        curves: by the label of the panel and by split, one value for each of `places`. NaN means
            that it was not measured.
        saved: the place of the saved weights; a line marks it.
        axis: `epoch` or `step`.
    """
    panels = len(curves) + (learning_rate is not None)
    figure = blank(4.8 * panels, 3.8, title)
    row = figure.subplots(1, panels, squeeze=False)[0]
    for axes, (label, splits) in zip(row, curves.items(), strict=False):
        for split, (colour, line, mark) in _LINES.items():
            if split in splits:
                values = np.asarray(splits[split], dtype=float)
                measured = np.isfinite(values)
                marks = {"marker": mark, "markersize": 4} if measured.sum() <= _FEW else {}
                at = np.asarray(places)[measured]
                axes.plot(at, values[measured], color=colour, linestyle=line, label=split, **marks)
        axes.axvline(
            saved,
            color=ACCENT,
            linestyle=":",
            linewidth=1.5,
            label=f"saved weights ({axis} {_number(saved)})",
        )
        axes.legend(frameon=False)
        _finish(axes, places, axis, label)
    if learning_rate is not None:
        row[-1].plot(places, learning_rate, color="black")
        _finish(row[-1], places, axis, "learning rate")
    return figure


def _number(place: float) -> str:
    """`1,000` or `11.636`."""
    return f"{place:,.0f}" if float(place).is_integer() else f"{place:,.5g}"


def _finish(axes: Axes, places: Sequence[float], axis: str, label: str) -> None:
    axes.set(xlabel=axis, ylabel=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=max(places) >= 5))
    axes.grid(alpha=0.25)


def of_history(name: str, meta: Meta, history: Sequence[Point], *, saved_step: int) -> Figure:
    """Draws the learning curves of a training.

    Args:
        name: the name of the experiment.
        saved_step: the step of the saved weights.
    """
    rates = [point.learning_rate for point in history]
    axis = axis_of(history)
    return plot(
        [place(point, axis) for point in history],
        _curves(history, meta),
        saved=next(place(point, axis) for point in history if point.step == saved_step),
        title=f"{name}: learning curves",
        axis=axis,
        learning_rate=rates if len(set(rates)) > 1 else None,
    )


def _draw(subject: Subject) -> dict[str, Figure]:
    curves = of_history(subject.name, subject.meta, subject.history, saved_step=subject.saved_step)
    return {"": curves}


def _curves(history: Sequence[Point], meta: Meta) -> dict[str, dict[str, NDArray[np.float64]]]:
    """The panels by label, and their curves by split.

    The running loss has a panel of its own, because it holds penalties, class weights and dropout.
    It is drawn only if the training rows were not measured. A metric that equals the loss is left
    out.
    """
    keys = list(dict.fromkeys(key for point in history for key in point.metrics))
    values = {key: np.array([point.metrics.get(key, np.nan) for point in history]) for key in keys}
    names = dict.fromkeys(key.partition("/")[2] for key in keys)
    curves = {}
    for name in names:
        splits = {
            split: values[f"{split}/{name}"]
            for split in ("train", "validation")
            if f"{split}/{name}" in values
        }
        if name == "loss" or not all(
            np.allclose(own, values[f"{split}/loss"], rtol=1e-5, equal_nan=True)
            for split, own in splits.items()
        ):
            curves[_label(name, meta)] = splits
    if "train/loss" not in values:
        curves["running loss, as the steps minimise it"] = {"running": values["running/loss"]}
    return curves


def _label(name: str, meta: Meta) -> str:
    """A metric with its unit. The loss is that of the training, without a unit of its own."""
    own = [one for one in meta.targets if name.endswith(f"/{one.name}")]
    target = (own or meta.targets)[0]
    unit = ""
    if name.endswith("loss") and (target.mean, target.scale) != (0, 1):
        logarithm = "logarithm of " if target.logarithm else ""
        learnt = "targets" if meta.several else literal(target.name)
        label = f"{name} of the standardised {logarithm}{learnt}"
        return textwrap.fill(label, _LONGEST_LINE)
    if is_metric(name):
        unit = metrics.named(name, key="training.metrics").unit
    label = f"{literal(name)} ({unit.format(target=unit_of(target))})" if unit else literal(name)
    return textwrap.fill(label, _LONGEST_LINE)


FIGURE = FigureKind(
    place=10,
    alt="loss and metrics of the training and the validation split during the training; "
    "a dotted line marks the saved weights",
    draw=_draw,
)
