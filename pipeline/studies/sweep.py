"""A whole sweep: its trials by a launcher, its table, its parent run and its summary."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.config.training import Direction
from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.files import replacing_folder
from pipeline.layout import mlruns
from pipeline.locks import locked
from pipeline.signals import Interruption
from pipeline.studies import summary
from pipeline.studies.grid import Grid
from pipeline.studies.interrupting import resumable, stop_all
from pipeline.studies.sweep_board import Board, objective_name
from pipeline.studies.sweep_journal import FAILED, FINISHED, RUNNING, Journal, Standing
from pipeline.studies.table import add_settings
from pipeline.tracking import stores
from pipeline.tracking.tracker import Measurement, Tracker

Launch = Callable[[Path, Mapping[str, str]], None]


def run_sweep(grid: Grid, launch: Launch, interruption: Interruption) -> dict[str, Any]:
    """Runs what of a grid is not finished yet, and sums up all of it.

    Args:
        launch: runs every trial of the grid by `trials.run_trial`, given the sweep's folder and tags for the runs.
        interruption: the signals of this process.

    Returns:
        `{sweep_id, run_id, status, best, trials}`, for JSON.

    Raises:
        PipelineError: another process runs the same sweep; after the last trial, if any of them failed.
        Interrupted: a signal was received; the trials that ran have kept their state.
    """
    journal = Journal(mlruns() / "sweeps" / grid.sweep_id)
    first = grid.trials[0].config
    with (
        resumable(grid.name, interruption),
        locked(journal.folder, "runs this very sweep"),
        stores.load(first.tracking.store).open_parent(
            "sweep", grid.name, grid.sweep_id, _values(grid)
        ) as parent,
    ):
        journal.begin()
        with Board(grid, journal), interruption.raising(stop_all):
            launch(journal.folder, {"mlflow.parentRunId": parent.run_id, "sweep_id": grid.sweep_id})
        standings = [_ended(journal.read(number)) for number in range(len(grid.trials))]
        summary.write(grid, standings, journal.folder / "summary.csv")
        found = _compared(grid, standings, journal.folder / "figures")
        _record(parent, grid, standings, found, journal.folder)
        _require_all(grid, standings, journal)
    return {
        "sweep_id": grid.sweep_id,
        "run_id": parent.run_id,
        "status": FINISHED,
        "best": found and _known(grid, found),
        "trials": len(standings),
    }


def _compared(grid: Grid, standings: Sequence[Standing], figures: Path) -> Standing | None:
    """Shows how the trials compare, and finds the best one; None where none finished, or where they cannot be compared."""
    if grid.objective is None:
        log(f"{grid.name}: nothing measures the same in all trials, so they are not compared")
        return None
    direction = grid.objective.direction
    found = summary.best(standings, direction)
    if found is not None:
        _draw(grid, standings, direction, figures)
        Console(stderr=True, width=None if sys.stderr.isatty() else 160).print(
            _table(grid, standings, direction, found)
        )
    return found


def _values(grid: Grid) -> dict[str, str]:
    """Each swept setting with all its values."""
    keys = grid.trials[0].choices
    return {
        key: ",".join(dict.fromkeys(trial.choices[key] for trial in grid.trials)) for key in keys
    }


def _ended(standing: Standing) -> Standing:
    """A trial of which nothing was heard to the end has failed with the process that ran it."""
    if standing.status in (FINISHED, FAILED):
        return standing
    what = (
        "the process that ran it was killed" if standing.status == RUNNING else "it was never begun"
    )
    return replace(standing, status=FAILED, reason=f"{what}; the same command goes on")


def _record(
    parent: Tracker, grid: Grid, standings: Sequence[Standing], best: Standing | None, folder: Path
) -> None:
    counts = {
        name: sum(standing.status == status for standing in standings)
        for name, status in _COUNTED.items()
    }
    for name, count in counts.items():
        parent.set_tag(name, str(count))
    if best is not None and best.objective is not None:
        trial = grid.trials[best.number]
        parent.set_tag("best.run_id", best.run_id)
        parent.set_tag("best.settings", trial.label)
        parent.set_tag(
            "best.objective", f"{trial.objective and trial.objective.metric} {best.objective:.6g}"
        )
        now = time.time_ns() // 1_000_000
        parent.log_metrics([Measurement(counts["trials.finished"], now, {"best": best.objective})])
    parent.log_file(folder / "summary.csv")
    for figure in sorted((folder / "figures").glob("*.png")):
        parent.log_file(figure, folder="figures")


_COUNTED = {"trials.finished": FINISHED, "trials.failed": FAILED}


def _draw(grid: Grid, standings: Sequence[Standing], direction: Direction, folder: Path) -> None:
    """Draws how the objective hangs together with the settings, where at least two trials finished."""
    finished = [standing for standing in standings if standing.status == FINISHED]
    if len(finished) < 2:
        return
    from pipeline.evaluation.drawing.png import png
    from pipeline.studies import figures

    trials = [grid.trials[standing.number].choices for standing in finished]
    objectives = [float(standing.objective or 0.0) for standing in finished]
    name = objective_name(grid)
    title = f"{grid.name}: sweep {grid.sweep_id}"
    smaller = direction is Direction.min
    drawn = {
        "parallel_coordinates": figures.parallel_coordinates(
            trials, objectives, name=name, smaller_is_better=smaller, title=title
        ),
        "main_effects": figures.main_effects(trials, objectives, name=name, title=title),
    }
    with replacing_folder(folder) as made:
        for stem, figure in drawn.items():
            (made / f"{stem}.png").write_bytes(png(figure))


def _table(
    grid: Grid, standings: Sequence[Standing], direction: Direction, best: Standing
) -> Table:
    """Each configuration over its seeds, the best first."""
    caption = f"best: trial {best.number}, {grid.trials[best.number].label or grid.name}"
    table = Table(
        title=f"{grid.name}: sweep {grid.sweep_id}",
        title_justify="left",
        caption=caption,
        caption_justify="left",
    )
    settings = {
        trial.group: [value for key, value in trial.choices.items() if key != "seed"]
        for trial in grid.trials
    }
    add_settings(table, [key for key in grid.trials[0].choices if key != "seed"])
    for heading in ("trials", f"mean of\n{objective_name(grid)}", "95 % interval"):
        table.add_column(heading, justify="right")
    for group in summary.groups(grid, standings, direction):
        interval = (
            "" if group.interval is None else f"[{group.interval[0]:.4f}, {group.interval[1]:.4f}]"
        )
        table.add_row(*settings[group.label], str(group.trials), f"{group.mean:.4f}", interval)
    return table


def _require_all(grid: Grid, standings: Sequence[Standing], journal: Journal) -> None:
    failed = [standing for standing in standings if standing.status == FAILED]
    if failed:
        raise PipelineError(
            f"{len(failed)} of the sweep's {len(standings)} trials failed",
            received="; ".join(
                f"{grid.trials[one.number].label or one.number}: {one.reason.rstrip('.')}"
                for one in failed
            ),
            expected=f"What they printed is in {journal.folder / 'logs'}",
        )


def _known(grid: Grid, standing: Standing) -> dict[str, Any]:
    return {
        "run_id": standing.run_id,
        "overrides": grid.trials[standing.number].overrides,
        "objective": standing.objective,
        "fingerprint": standing.fingerprint,
    }
