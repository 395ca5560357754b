"""Figures of a comparison: values with their limits, differences, and validation curves."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.comparing.comparison import UNTIL_DECIDED, Comparison, Part
from pipeline.comparing.text import letters
from pipeline.evaluation.drawing.style import COLOURS, MARKERS, blank, literal
from pipeline.runs.history import Point

_ROW = 0.42  # inches of height for a name or a pair
_MOST_PANELS = 3
_FEW = 40  # points that still have room for a mark each
_VALIDATION = "validation/"
_LINES = ("-", "--", ":", "-.")
_DOT = 0.5  # the opacity of a training


def differences(comparison: Comparison) -> Figure:
    """Draws a row for each part: the values of all names, and the differences of all pairs."""
    parts = comparison.parts
    lines = max(len(comparison.names), len(comparison.pairs))
    high = 1.1 + _ROW * lines
    figure = blank(11, 0.6 + high * len(parts), literal(" against ".join(_titles(comparison))))
    panels = figure.subplots(len(parts), 2, squeeze=False)
    for (left, right), part in zip(panels, parts, strict=True):
        _values(left, comparison, part)
        if part.over == UNTIL_DECIDED:
            _path(right, comparison, part)
        else:
            _pairs(right, comparison, part)
    return figure


def _titles(comparison: Comparison) -> list[str]:
    return [comparison.titles[name] for name in comparison.names]


def _values(axes: Axes, comparison: Comparison, part: Part) -> None:
    letter_of = letters(comparison)
    for place, (name, letter) in enumerate(letter_of.items()):
        value = part.decisive.values[name]
        colour, mark = _colour(place), MARKERS[place % len(MARKERS)]
        if value.samples:
            below = np.full(len(value.samples), place - 0.18)
            axes.scatter(value.samples, below, s=12, color=colour, alpha=_DOT, linewidths=0)
        if value.low is not None and value.high is not None:
            axes.plot([value.low, value.high], [place, place], color=colour, linewidth=1.6)
        axes.plot([value.value], [place], color=colour, marker=mark, markersize=6, label=letter)
    labels = [f"{letter}  {literal(comparison.titles[name])}" for name, letter in letter_of.items()]
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.6)
    axes.set_xlabel(literal(part.decisive.metric))
    axes.set_title(part.about, fontsize=9, loc="left")
    axes.grid(axis="x", alpha=0.25)


def _pairs(axes: Axes, comparison: Comparison, part: Part) -> None:
    letter_of = letters(comparison)
    for place, pair in enumerate(part.decisive.pairs):
        if pair.low is not None and pair.high is not None:
            axes.plot([pair.low, pair.high], [place, place], color="black", linewidth=1.6)
        filled = "black" if pair.better else "white"
        axes.plot([pair.difference], [place], color="black", marker="D", markerfacecolor=filled)
    axes.axvline(0, color="black", linestyle=":", linewidth=1)
    labels = [f"{letter_of[pair.one]} - {letter_of[pair.other]}" for pair in part.decisive.pairs]
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.6)
    axes.set_xlabel(f"difference of {literal(part.decisive.metric)}, with its 95 % interval")
    axes.set_title(_verdicts(part, letter_of), fontsize=9, loc="left")
    axes.grid(axis="x", alpha=0.25)


def _verdicts(part: Part, letter_of: Mapping[str, str]) -> str:
    better = [pair.better for pair in part.decisive.pairs]
    if not any(better):
        return "not decided"
    return f"{letter_of[better[0]]} is better" if len(better) == 1 else "a filled mark is decided"


def _path(axes: Axes, comparison: Comparison, part: Part) -> None:
    """Draws the confidence sequence over the number of seeds."""
    (pair,) = part.decisive.pairs
    letter_of = letters(comparison)
    path = pair.facts["path"]
    count = [point["seeds"] for point in path]
    axes.plot(
        count, [point["difference"] for point in path], color="black", marker="D", markersize=4
    )
    closed = [point for point in path if point["interval"] is not None]
    lows, highs = ([point["interval"][end] for point in closed] for end in (0, 1))
    axes.vlines([point["seeds"] for point in closed], lows, highs, color="black", linewidth=1.6)
    axes.axhline(0, color="black", linestyle=":", linewidth=1)
    axes.set_xlim(0.5, max(count) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="seeds of each", ylabel=f"{letter_of[pair.one]} - {letter_of[pair.other]}")
    verdict = f"decided: {letter_of[pair.better]} is better" if pair.better else "not decided"
    axes.set_title(
        f"mean difference and its confidence sequence; {verdict}", fontsize=9, loc="left"
    )
    axes.grid(alpha=0.25)


def curves(histories: Mapping[str, Sequence[Point]], metric: str) -> Figure | None:
    """Draws the validation curves of all models over each other: a panel for each metric.

    The loss is drawn only if the models share no metric, because losses of different experiments
    may not be comparable.

    Args:
        histories: by title. Titles begin with the letter of the name.
        metric: the metric to draw first.

    Returns:
        None if the histories share no figure of the validation split.
    """
    names = _common(histories, metric)
    if not names:
        return None
    figure = blank(4.8 * len(names), 3.9, "validation curves")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for place, (title, points) in enumerate(histories.items()):
            measured = [point for point in points if name in point.metrics]
            mark = MARKERS[place % len(MARKERS)] if len(measured) <= _FEW else None
            axes.plot(
                [point.epoch for point in measured],
                [point.metrics[name] for point in measured],
                color=_colour(place),
                linestyle=_LINES[place % len(_LINES)],
                marker=mark,
                markersize=4,
                label=literal(title),
            )
        axes.set(xlabel="epoch", ylabel=literal(name.removeprefix(_VALIDATION)))
        axes.grid(alpha=0.25)
    figure.legend(
        *figure.axes[0].get_legend_handles_labels(),
        loc="outside lower center",
        frameon=False,
        ncols=min(3, len(histories)),
    )
    return figure


def _common(histories: Mapping[str, Sequence[Point]], metric: str) -> list[str]:
    """The figures of the validation split that all histories have, the metric first."""
    names = [
        {name for point in points for name in point.metrics if name.startswith(_VALIDATION)}
        for points in histories.values()
    ]
    shared = sorted(set.intersection(*names)) if names else []
    losses = [name for name in shared if name.endswith("loss") and not name.endswith("log_loss")]
    chosen = [name for name in shared if name not in losses] or losses
    chosen.sort(key=lambda name: name != f"{_VALIDATION}{metric}")
    return chosen[:_MOST_PANELS]


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]
