"""A whole sweep: its trials, its board, its run in MLflow and its summary."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pipeline.config.metrics import Direction
from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.files import replacing_folder
from pipeline.layout import mlruns
from pipeline.signals import Interruption
from pipeline.studies import summary
from pipeline.studies.board import Board, watching
from pipeline.studies.grid import Grid
from pipeline.studies.interrupting import resumable, stop_trials
from pipeline.studies.journal import SweepJournal, open_sweep
from pipeline.studies.objective import Objective, difference
from pipeline.studies.outcome import Outcome, Status, best, with_status
from pipeline.tracking import stores
from pipeline.tracking.tracker import Measurement, Tracker

Launch = Callable[[SweepJournal, Mapping[str, str]], None]


def run_sweep(grid: Grid, launch: Launch, interruption: Interruption) -> dict[str, Any]:
    """Runs the trials of a grid that are not finished, and summarises all of them.

    Args:
        launch: runs every trial by `run_grid_trial`, with the journal and with tags for the runs.
        interruption: the signals of this process.

    Returns:
        `{sweep_id, run_id, status, best, trials}`, for JSON.

    Raises:
        PipelineError: another process runs the same sweep, or a trial failed. All other trials ran.
        Interrupted: a signal was received. The running trials saved checkpoints.
    """
    store = stores.load(grid.configs[0].tracking.store)
    with (
        resumable(grid.name, interruption),
        open_sweep(mlruns() / "sweeps" / grid.sweep_id) as journal,
        store.open_parent("sweep", grid.name, grid.sweep_id, grid.values) as parent,
    ):
        sweep = _Sweep(grid, journal, parent)
        with sweep.watching(), interruption.raising(stop_trials):
            launch(journal, {"mlflow.parentRunId": parent.run_id, "sweep_id": grid.sweep_id})
        return sweep.conclude()


class _Sweep:
    """A sweep in progress: its grid, its journal and its run in MLflow."""

    def __init__(self, grid: Grid, journal: SweepJournal, parent: Tracker) -> None:
        self._grid, self._journal, self._parent = grid, journal, parent
        self._title = f"{grid.name}, sweep {grid.sweep_id}"
        self._settings = list(grid.trials[0].values)
        self._board = Board(
            grid.name, self._title, len(grid.trials), self._settings, grid.objective
        )

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Shows the trials while the block runs."""
        with watching(self._board, self._read):
            yield

    def conclude(self) -> dict[str, Any]:
        """Summarises the sweep; raises `PipelineError` if a trial failed."""
        outcomes = [_ended(outcome) for outcome in self._read()]
        self._board.summarise(outcomes)
        table = self._journal.folder / "trials.csv"
        summary.write(outcomes, self._settings, table)
        self._parent.log_file(table)
        self._count(outcomes)
        leader = self._compare(outcomes)
        self._require_no_failure(outcomes)
        return {
            "sweep_id": self._grid.sweep_id,
            "run_id": self._parent.run_id,
            "status": Status.FINISHED,
            "best": leader and _values(leader),
            "trials": len(outcomes),
        }

    def _read(self) -> list[Outcome]:
        return self._journal.read(self._grid.trials)

    def _count(self, outcomes: list[Outcome]) -> None:
        for status in (Status.FINISHED, Status.FAILED):
            count = len(with_status(outcomes, status))
            self._parent.set_tag(f"trials.{status.lower()}", str(count))

    def _compare(self, outcomes: list[Outcome]) -> Outcome | None:
        """Ranks and draws the trials. Returns the best one, or None if there is none."""
        objective = self._grid.objective
        if objective is None:
            reason = difference(self._grid.configs)
            log(f"{self._grid.name}: the trials are not compared: {reason}")
            return None
        leader = best(outcomes, objective.direction)
        if leader is None:
            return None
        self._board.print(summary.configuration_table(self._title, outcomes, objective))
        self._record(leader, len(with_status(outcomes, Status.FINISHED)))
        self._draw(with_status(outcomes, Status.FINISHED), objective)
        return leader

    def _record(self, leader: Outcome, finished: int) -> None:
        """Adds the best trial to the run of the sweep."""
        assert leader.objective is not None
        objective = self._grid.objective
        self._parent.set_tag("best.run_id", leader.run_id)
        self._parent.set_tag("best.settings", leader.trial.label)
        self._parent.set_tag(
            "best.objective", f"{objective and objective.metric} {leader.objective:.6g}"
        )
        best_value = Measurement(finished, leader.timestamp, {"best": leader.objective})
        self._parent.log_metrics([best_value])

    def _draw(self, finished: list[Outcome], objective: Objective) -> None:
        """Draws how the objective depends on the settings, for two trials or more."""
        if len(finished) < 2:
            return
        from pipeline.evaluation.drawing.png import png
        from pipeline.studies import figures

        values = [outcome.trial.values for outcome in finished]
        objectives = [float(outcome.objective or 0.0) for outcome in finished]
        name, title = objective.metric, self._title
        drawings = {
            "parallel_coordinates": figures.parallel_coordinates(
                values,
                objectives,
                name=name,
                smaller_is_better=objective.direction is Direction.min,
                title=title,
            ),
            "main_effects": figures.main_effects(values, objectives, name=name, title=title),
        }
        folder = self._journal.folder / "figures"
        with replacing_folder(folder) as temporary:
            for stem, figure in drawings.items():
                (temporary / f"{stem}.png").write_bytes(png(figure))
        for file in sorted(folder.glob("*.png")):
            self._parent.log_file(file, folder="figures")

    def _require_no_failure(self, outcomes: list[Outcome]) -> None:
        failed = with_status(outcomes, Status.FAILED)
        if failed:
            raise PipelineError(
                f"{len(failed)} of the sweep's {len(outcomes)} trials failed",
                received="; ".join(
                    f"{outcome.trial.label or outcome.trial.number}: {outcome.reason.rstrip('.')}"
                    for outcome in failed
                ),
                expected=f"Read what they printed in {self._journal.logs}",
            )


def _ended(outcome: Outcome) -> Outcome:
    """Marks a trial that did not report its end as failed."""
    if outcome.status in (Status.FINISHED, Status.FAILED):
        return outcome
    running = outcome.status is Status.RUNNING
    what = "the process that ran it was killed" if running else "it did not start"
    reason = f"{what}. Run the same command again to resume"
    return replace(outcome, status=Status.FAILED, reason=reason)


def _values(leader: Outcome) -> dict[str, Any]:
    return {
        "run_id": leader.run_id,
        "overrides": leader.trial.overrides,
        "objective": leader.objective,
        "fingerprint": leader.fingerprint,
    }
