"""Figures of a sweep: how the objective depends on the settings.

Failed trials are left out. Values of settings are texts, as on a command line. If all values of a
setting are numbers, its axis is proportional to them, or logarithmic if they span a factor of 10 or
more. Otherwise its values are evenly spaced, in order of appearance.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator
from numpy.typing import NDArray

from pipeline.config.variations import REPETITIONS
from pipeline.evaluation.drawing.style import SEQUENTIAL, TRAIN, VALIDATION, blank
from pipeline.evaluation.over_seeds import mean_interval

_FACTOR = 10  # an axis is logarithmic if its largest value is this many times its smallest
_FEW = 8  # an axis with more values is labelled with round numbers
_LONG = 20  # longer values are shortened to this many characters
# Inches.
_CHARACTER, _LINE = 0.085, 0.2  # the width of a character and the height of a line of text
_HIGH, _WIDE = 3.6, 2.6  # the height of a vertical axis and the width of a horizontal one
_IN_A_ROW = 4
_GAP = 0.04  # share of an axis: keeps the dots of trials from hiding their mean
_DOT = 0.5  # the opacity of a trial: coinciding trials are darker


@dataclass(frozen=True)
class _Scale:
    """An axis from 0 to 1.

    Args:
        places: the place of each trial, (trials,). NaN for a trial without the setting.
        marks: the labels by place.
        ordered: whether the values are numbers.
    """

    places: NDArray[np.float64]
    marks: dict[float, str]
    ordered: bool
    logarithmic: bool = False

    @property
    def longest(self) -> int:
        return max(map(len, self.marks.values()))

    def thinned(self, room: float) -> dict[float, str]:
        """The marks, without the numbers that are closer than `room`. All names stay."""
        marks: dict[float, str] = {}
        for place, mark in sorted(self.marks.items()):
            if not self.ordered or not marks or place - max(marks) >= room:
                marks[place] = mark
        return marks


def parallel_coordinates(
    trials: Sequence[Mapping[str, str]],
    objective: Sequence[float],
    *,
    name: str,
    smaller_is_better: bool,
    best: Collection[int],
    title: str,
) -> Figure:
    """Draws an axis for each setting and the objective, and a line for each trial.

    Better trials are darker and cover worse ones. Those of the best configuration are black. A line
    has a gap if its trial lacks a setting.

    Args:
        trials: the values of the settings of each trial. There is at least one trial and one
            setting.
        objective: the finite objective of each trial.
        name: the name of the objective.
        best: the trials of the best configuration.
    """
    scales = {
        setting: _scale([trial.get(setting) for trial in trials]) for setting in _settings(trials)
    }
    scales[name] = goal = _of_numbers(np.asarray(objective, dtype=float))
    across = _across(scales)
    high = max(_HIGH, _LINE * max(len(scale.marks) for scale in scales.values()))
    figure = blank(max(6.4, across[-1] + 2.4), high + 1.6, title)
    axes = figure.subplots()
    for place, (setting, scale) in zip(across, scales.items(), strict=True):
        _draw_axis(axes, place, setting, scale, room=_LINE / high)
    sign = -1 if smaller_is_better else 1
    order = np.argsort(sign * np.asarray(objective), kind="stable")
    paths = [
        [(place, scale.places[trial]) for place, scale in zip(across, scales.values(), strict=True)]
        for trial in order
    ]
    lines = LineCollection(
        paths,
        array=np.asarray(objective)[order],
        cmap=SEQUENTIAL if smaller_is_better else f"{SEQUENTIAL}_r",
        norm=LogNorm() if goal.logarithmic else Normalize(),
        linewidths=1.4,
    )
    axes.add_collection(lines)
    mean = sum(objective[trial] for trial in best) / len(best)
    label = f"best trial: {mean:.4g}" if len(best) == 1 else f"best configuration: mean {mean:.4g}"
    for trial, path in zip(order, paths, strict=True):
        if trial in best:
            axes.plot(
                *zip(*path, strict=True),
                color="black",
                linewidth=2.6,
                marker="o",
                markersize=6,
                label=label,
            )
            label = "_no entry of its own in the legend"
    axes.set(
        xlim=(
            across[0] - _CHARACTER * scales[_settings(trials)[0]].longest - 0.2,
            across[-1] + 0.2,
        ),
        ylim=(-0.03, 1.03),
    )
    axes.set_axis_off()
    figure.colorbar(lines, ax=axes, label=name)
    figure.legend(loc="outside lower center", frameon=False)
    return figure


def main_effects(
    trials: Sequence[Mapping[str, str]], objective: Sequence[float], *, name: str, title: str
) -> Figure:
    """Draws a panel for each setting: the mean objective for each of its values.

    The dots next to each mean are its trials. A mean of two trials or more has its 95 % interval.
    The axes fit the trials, so the wide interval of two trials may leave a panel. See
    `parallel_coordinates` for the arguments.
    """
    settings = _settings(trials)
    columns = min(_IN_A_ROW, len(settings))
    rows = -(-len(settings) // columns)
    scales = [_scale([trial.get(setting) for trial in trials]) for setting in settings]
    wide = max([_WIDE, *(_LINE * len(scale.marks) for scale in scales)])
    figure = blank(max(6.4, columns * (wide + 0.4) + 0.6), rows * 3.2 + 0.9, title)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True)
    values = np.asarray(objective, dtype=float)
    for axes, setting, scale in zip(panels.flat, settings, scales, strict=False):
        # Numbers of seeds and folds have no meaningful order, so no line connects them.
        connected = scale.ordered and setting not in REPETITIONS
        _effect(axes, scale, values, connected=connected)
        axes.set_xlabel(setting)
        _label_values(axes, scale, wide)
    for axes in panels.flat[len(settings) :]:
        axes.set_axis_off()
    for axes in panels[:, 0]:
        axes.set_ylabel(name)
    beyond = 0.5 * float(np.ptp(values)) or 0.1 * abs(float(values[0])) or 1.0
    panels[0, 0].set_ylim(values.min() - beyond, values.max() + beyond)
    figure.legend(handles=_legend(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def _settings(trials: Sequence[Mapping[str, str]]) -> list[str]:
    return list(dict.fromkeys(setting for trial in trials for setting in trial))


def _scale(texts: Sequence[str | None]) -> _Scale:
    values = list(dict.fromkeys(text for text in texts if text is not None))
    if all(_is_number(text) for text in values):
        return _of_numbers(np.array([math.nan if text is None else float(text) for text in texts]))
    numbers = np.array([math.nan if text is None else values.index(text) for text in texts])
    places = _placed(np.arange(len(values), dtype=float), numbers)
    marks = dict(zip(places.tolist(), map(_shortened, values), strict=True))
    return _Scale(_placed(numbers, numbers), marks, ordered=False)


def _of_numbers(values: NDArray[np.float64]) -> _Scale:
    distinct = np.unique(values[np.isfinite(values)])
    low, high = distinct[0], distinct[-1]
    logarithmic = bool(low > 0 and high >= _FACTOR * low)
    ticks = distinct if len(distinct) <= _FEW else _round(low, high, logarithmic)
    parts = (values, distinct, ticks)
    scaled, ends, at = (np.log(part) if logarithmic else part for part in parts)
    marks = dict(zip(_placed(at, ends).tolist(), (f"{tick:.4g}" for tick in ticks), strict=True))
    return _Scale(_placed(scaled, ends), marks, ordered=True, logarithmic=logarithmic)


def _round(low: float, high: float, logarithmic: bool) -> NDArray[np.float64]:
    """Round numbers from `low` to `high`."""
    if logarithmic:
        ticks = LogLocator(subs=(1,) if high > 1000 * low else (1, 2, 5)).tick_values(low, high)
    else:
        ticks = MaxNLocator(6).tick_values(low, high)
    within: NDArray[np.float64] = np.array([tick for tick in ticks if low <= tick <= high])
    return within


def _placed(values: NDArray[np.float64], among: NDArray[np.float64]) -> NDArray[np.float64]:
    """`values` as shares of the range of `among`; 0.5 if all of `among` are equal."""
    low, high = np.nanmin(among), np.nanmax(among)
    placed: NDArray[np.float64] = (
        (values - low) / (high - low) if high > low else values - low + 0.5
    )
    return placed


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _shortened(text: str) -> str:
    half = _LONG // 2
    return text if len(text) <= _LONG else f"{text[:half]}…{text[-half + 1 :]}"


def _across(scales: Mapping[str, _Scale]) -> list[float]:
    """Inches from the first axis to each one, so that labels do not overlap."""
    places = [0.0]
    names = [max(map(len, setting.split("."))) + 1 for setting in scales]
    for before, name, scale in zip(names, names[1:], list(scales.values())[1:], strict=False):
        places.append(
            places[-1]
            + max(1.2, _CHARACTER * scale.longest + 0.3, _CHARACTER * (before + name) / 2 + 0.1)
        )
    return places


def _draw_axis(axes: Axes, place: float, setting: str, scale: _Scale, *, room: float) -> None:
    """Draws a vertical axis, with its name above and its values to the left."""
    axes.plot([place, place], [0, 1], color="black", linewidth=1)
    axes.text(place, 1.05, setting.replace(".", ".\n"), ha="center", va="bottom", fontsize=9)
    ground = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
    for height, mark in scale.thinned(room).items():
        axes.plot([place - 0.05, place], [height, height], color="black", linewidth=1)
        axes.text(
            place - 0.08, height, mark, ha="right", va="center", fontsize=8, bbox=ground, zorder=4
        )


def _effect(axes: Axes, scale: _Scale, objective: NDArray[np.float64], *, connected: bool) -> None:
    axes.axhline(objective.mean(), color="black", linestyle=":", linewidth=1)
    places = np.unique(scale.places[np.isfinite(scale.places)])
    gap = min([_GAP, *(np.diff(places) / 3)])
    axes.scatter(scale.places - gap, objective, s=14, color=TRAIN, alpha=_DOT, linewidths=0)
    groups = [objective[scale.places == place] for place in places]
    means = [float(group.mean()) for group in groups]
    axes.plot(
        places,
        means,
        color=VALIDATION,
        marker="D",
        markersize=4,
        linestyle="-" if connected else "none",
    )
    for place, group in zip(places, groups, strict=True):
        if len(group) > 1:
            _, ends = mean_interval(group.tolist())
            axes.plot([place, place], ends, color=VALIDATION, linewidth=1.6)
    axes.grid(axis="y", alpha=0.25)


def _label_values(axes: Axes, scale: _Scale, wide: float) -> None:
    """Labels a horizontal axis. Leaves out crowded numbers and tilts long names."""
    label = _CHARACTER * scale.longest + 0.08
    marks = scale.thinned(label / wide)
    crowded = not scale.ordered and label > wide / max(1, len(marks) - 1)
    turned: dict[str, Any] = (
        {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if crowded else {}
    )
    axes.set_xticks(list(marks), list(marks.values()), fontsize=8, **turned)
    axes.set_xlim(-0.12, 1.12)


def _legend() -> list[Line2D]:
    return [
        Line2D(
            [],
            [],
            linestyle="none",
            marker="o",
            markersize=4,
            color=TRAIN,
            alpha=_DOT,
            label="trial",
        ),
        Line2D(
            [], [], marker="D", markersize=4, color=VALIDATION, label="mean with its 95 % interval"
        ),
        Line2D([], [], linestyle=":", color="black", label="mean of all trials"),
    ]
