"""Lays out what is watched: a table of the runs, and charts below it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.text import Text

from pipeline.tracking.curves import Measured, Reader, WatchedRun
from pipeline.watching.chart import Curve, chart
from pipeline.watching.choosing import Watched
from pipeline.watching.progress import Progress
from pipeline.watching.studies import Study
from pipeline.watching.table import Row, run_row, study_row, table

_TRAIN, _VALIDATION, _OTHERS = "cyan", "yellow", "bright_black"
_SIDE_BY_SIDE = 100  # characters, for two charts next to each other
_GAP = 2  # characters between them
_HEIGHT, _LEAST_HEIGHT = 8, 4  # lines of the plane of a chart
_FRAME = 3  # lines of a chart: a blank one, its title and its axis
_HEADING = 1  # lines of the table
_MOST_TRIALS = 12  # rows of a study, and curves in its chart
_MOST_CHARTS = 6


@dataclass(frozen=True)
class _Chart:
    title: str
    curves: Sequence[Curve]
    unit: str


@dataclass
class View:
    """Draws the watched runs.

    Args:
        reader: of the store.
        width: of the terminal, in characters.
        height: of the terminal, in lines. Without it, nothing is left out for lack of room.
    """

    reader: Reader
    width: int
    height: int | None = None
    _finished: dict[str, Measured] = field(default_factory=dict)

    def draw(self, watched: Sequence[Watched], *, now: float) -> RenderableType:
        """The table and the charts.

        Args:
            now: seconds since 1970.
        """
        if not watched:
            return Text("No run yet. Train something: python -m pipeline.train <experiment>")
        progress = {
            run.run_id: self._progress(run)
            for one in watched
            for run in (one.run, *one.trials)
            if not run.study
        }
        studies = {
            one.run.run_id: Study(one.run, [progress[trial.run_id] for trial in one.trials])
            for one in watched
            if one.run.study
        }
        rows: list[Row] = []
        for one in watched:
            if study := studies.get(one.run.run_id):
                rows.append(study_row(study))
                trials = study.important()[:_MOST_TRIALS]
                rows += [run_row(trial, now=now, study=study) for trial in trials]
            else:
                rows.append(run_row(progress[one.run.run_id], now=now))
        if self.height is not None:
            rows = rows[: max(1, self.height // 2 - _HEADING)]
        charts = _charts(list(progress.values()), list(studies.values()))
        return Group(table(rows, self.width), *self._drawn(charts, below=len(rows) + _HEADING))

    def _progress(self, run: WatchedRun) -> Progress:
        """Reads a run. A finished one is read once."""
        measured = self._finished.get(run.run_id) or self.reader.measured(run.run_id)
        if run.state == "finished":
            self._finished[run.run_id] = measured
        return Progress.of(run, measured)

    def _drawn(self, charts: Sequence[Sequence[_Chart]], *, below: int) -> list[Text]:
        """The charts that fit below a number of lines."""
        lines: list[Text] = []
        for group in charts:
            side_by_side = self.width >= _SIDE_BY_SIDE
            for pair in [group] if side_by_side else [[one] for one in group]:
                room = _HEIGHT + _FRAME if self.height is None else self.height - below - len(lines)
                height = min(_HEIGHT, room - _FRAME)
                if height < _LEAST_HEIGHT:
                    return lines
                lines += self._beside(pair, height)
        return lines

    def _beside(self, charts: Sequence[_Chart], height: int) -> list[Text]:
        """Charts next to each other, below a blank line."""
        width = (self.width - _GAP * (len(charts) - 1)) // len(charts)
        drawn = [
            chart(one.title, one.curves, unit=one.unit, width=width, height=height)
            for one in charts
        ]
        lines = [Text()]
        for parts in zip(*drawn, strict=True):
            line = Text(no_wrap=True, overflow="ellipsis")
            for number, part in enumerate(parts):
                line.pad_right(number * (width + _GAP) - line.cell_len)
                line.append_text(part)
            lines.append(line)
        return lines


def _charts(runs: Sequence[Progress], studies: Sequence[Study]) -> list[list[_Chart]]:
    """The charts in groups: of running trainings, of studies, and of ended trainings.

    A trial has charts of its own only while it runs.
    """
    trials = {trial.run.run_id for study in studies for trial in study.trials}
    running = [run for run in runs if run.run.is_running]
    others = [run for run in runs if run not in running and run.run.run_id not in trials]
    groups = [_charts_of_run(run) for run in running]
    groups += [_charts_of_study(study) for study in studies]
    groups += [_charts_of_run(run) for run in others]
    return [group for group in groups if group][:_MOST_CHARTS]


def _charts_of_run(progress: Progress) -> list[_Chart]:
    charts = []
    for figure in progress.figures:
        both = [
            Curve("train", progress.points(f"train/{figure}"), _TRAIN, dotted=True),
            Curve("validation", progress.points(f"validation/{figure}"), _VALIDATION),
        ]
        if curves := [curve for curve in both if curve.points]:
            charts.append(_Chart(f"{progress.run.name}: {figure}", curves, progress.unit))
    return charts


def _charts_of_study(study: Study) -> list[_Chart]:
    """One chart: the best trial as a line, and others as dots."""
    name, leader = f"validation/{study.figure}", study.leader
    trials = [trial for trial in study.important()[:_MOST_TRIALS] if trial.points(name)]
    if not trials:
        return []
    curves = []
    for trial in reversed(trials):  # the best one is on top
        points, leads = trial.points(name), leader is not None and trial is leader[0]
        best, other = Curve("best", points, _VALIDATION), Curve("", points, _OTHERS, dotted=True)
        curves.append(best if leads else other)
    title = f"{study.title}: validation {study.figure} (other trials: dotted)"
    return [_Chart(title, curves, trials[0].unit)]
