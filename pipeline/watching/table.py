"""The table of runs: its rows, and the columns that fit the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from pipeline.watching.chart import number
from pipeline.watching.progress import Progress
from pipeline.watching.studies import Study

_COLUMNS = ("run", "state", "epochs", "left", "train", "validation", "best")
_DROPPED_FIRST = ("train", "left", "best", "epochs", "validation")  # in a narrow terminal
_LEAST_NAME = 26  # characters
_GAP = 2  # characters between columns
_STYLES = {"running": "cyan", "finished": "green", "failed": "bold red", "killed": "red"}


@dataclass(frozen=True)
class Row:
    """A line of the table: a text for each column, and the state of its run."""

    cells: Mapping[str, str]
    state: str


def run_row(progress: Progress, *, now: float, study: Study | None = None) -> Row:
    """The row of a training.

    Args:
        now: seconds since 1970.
        study: the one that it is a trial of.
    """
    run, figures = progress.run, [study.figure] if study else progress.figures
    figure = figures[-1] if figures else "loss"
    seconds, best = progress.seconds_left(now), progress.best(figure)
    unit = " steps" if progress.unit == "steps" else ""
    of_total = "" if progress.total is None else f"/{progress.total:g}"
    cells = {
        "run": f"  {run.name}" if study else run.name,
        "state": run.state,
        "epochs": f"{progress.done:.4g}{of_total}{unit}" if progress.done else "",
        "left": "" if seconds is None else _duration(seconds),
        "train": _last(progress, f"train/{figure}"),
        "validation": _last(progress, f"validation/{figure}", label="" if study else f"{figure} "),
        "best": "" if best is None else f"{number(best.value)} at {best.place:g}",
    }
    return Row(cells, run.state)


def study_row(study: Study) -> Row:
    """The row of a study, above those of its trials."""
    total = study.run.tags.get("trials")
    failed = f", {study.failed} failed" if study.failed else ""
    leader = study.leader
    cells = dict.fromkeys(_COLUMNS, "") | {
        "run": study.title,
        "state": study.run.state,
        "epochs": f"{study.ended}{f'/{total}' if total else ''} trials{failed}",
        "validation": study.figure if leader else "",
        "best": number(leader[1].value) if leader else "",
    }
    return Row(cells, study.run.state)


def table(rows: Sequence[Row], width: int) -> Table:
    """The table of these rows, at most `width` characters wide."""
    widths = _fitting([row.cells for row in rows], width)
    result = Table(box=None, pad_edge=False, header_style="dim")
    for column, own in widths.items():
        result.add_column(column, no_wrap=True, overflow="ellipsis", width=own)
    for row in rows:
        style = _STYLES.get(row.state, "")
        result.add_row(*(Text(row.cells[column]) for column in widths), style=style)
    return result


def _fitting(cells: Sequence[Mapping[str, str]], width: int) -> dict[str, int]:
    """The columns with content that fit a width, and the width of each.

    The name of the run is cut before a column is dropped.
    """
    widths = {
        name: max(len(name), *(len(row[name]) for row in cells))
        for name in _COLUMNS
        if any(row[name] for row in cells)
    }
    name = widths.pop("run")
    dropped = iter(_DROPPED_FIRST)

    def room() -> int:
        return width - sum(own + _GAP for own in widths.values())

    while room() < min(name, _LEAST_NAME) and (drop := next(dropped, None)):
        widths.pop(drop, None)
    return {"run": max(1, min(name, room())), **widths}


def _last(progress: Progress, name: str, *, label: str = "") -> str:
    values = progress.measured.curves.get(name, [])
    return f"{label}{number(values[-1].value)}" if values else ""


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
