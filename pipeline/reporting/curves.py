"""The curves of all experiments, as data for the script of the page that draws them."""

import math
from collections.abc import Sequence
from typing import Any

from pipeline.reporting.results import ExperimentResult, Row
from pipeline.runs.axis import axis_of
from pipeline.runs.history import Point

_MOST_POINTS = 150  # of a curve; a screen shows no more
_DIGITS = 5  # significant ones of a value
_SPLITS = ("validation", "train")


def curves(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The curves of the experiments of each source, as plain values.

    Each entry is `{source, metrics, runs}`. A run is `{name, axis, saved, step, epoch, validation,
    train}`: `axis` is what the experiment counts in, `saved` the index of the saved weights, and
    the last two hold a list of values for each metric. Values of train and validation belong to the
    same points; a value that was not measured is null. Metrics of single classes are left out.
    """
    groups: dict[str, list[tuple[Row, ExperimentResult]]] = {}
    for row in sorted(rows, key=lambda row: row.source):
        if row.result is not None and len(row.result.history) > 1:
            groups.setdefault(row.source, []).append((row, row.result))
    return [_group(source, members) for source, members in groups.items()]


def _group(source: str, members: Sequence[tuple[Row, ExperimentResult]]) -> dict[str, Any]:
    runs = [_run(row.experiment, result) for row, result in members]
    headlines = [row.headline for row, _ in members]
    measured = dict.fromkeys(metric for run in runs for metric in run["validation"])
    return {
        "source": source,
        "metrics": sorted(measured, key=lambda name: (name not in headlines, name == "loss")),
        "runs": runs,
    }


def _run(name: str, result: ExperimentResult) -> dict[str, Any]:
    points = _thinned(result.history, result.saved)
    names = dict.fromkeys(figure for point in points for figure in point.metrics)
    run: dict[str, Any] = {
        "name": name,
        "axis": axis_of(result.history),
        "saved": points.index(result.saved),
        "step": [point.step for point in points],
        "epoch": [_rounded(point.epoch) for point in points],
    }
    for split in _SPLITS:
        metrics = [
            figure.removeprefix(f"{split}/") for figure in names if figure.startswith(f"{split}/")
        ]
        run[split] = {
            metric: [_rounded(point.metrics.get(f"{split}/{metric}")) for point in points]
            for metric in metrics
            if "/" not in metric
        }
    return run


def _thinned(history: Sequence[Point], saved: Point) -> list[Point]:
    """At most about `_MOST_POINTS` points: evenly spaced ones, the last one and the saved one."""
    every = math.ceil(len(history) / _MOST_POINTS)
    last = len(history) - 1
    return [
        point
        for number, point in enumerate(history)
        if number % every == 0 or number == last or point == saved
    ]


def _rounded(value: float | None) -> float | None:
    """A value with a few digits; None if it is not finite."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}")
