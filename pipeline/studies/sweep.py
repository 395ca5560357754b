"""A whole sweep: its trials, its board, its run in MLflow and its summary."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pipeline.config.experiment_composition import compose_experiment
from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.layout import studies
from pipeline.signals import Interruption
from pipeline.studies import ranking, record, saving, summary
from pipeline.studies.board import Board, watching
from pipeline.studies.choice import Choice, choose
from pipeline.studies.confirming import confirm, other_seeds
from pipeline.studies.drawing import draw
from pipeline.studies.grid import Grid
from pipeline.studies.interrupting import resumable, stop_trials
from pipeline.studies.journal import SweepJournal, open_sweep
from pipeline.studies.objective import Objective
from pipeline.studies.outcome import Outcome, Status, with_status
from pipeline.studies.splits import prepared_splits
from pipeline.studies.sweep_settings import SweepSettings
from pipeline.studies.trial_process import shared
from pipeline.tracking import stores
from pipeline.tracking.tracker import Measurement, Tracker

Launch = Callable[[SweepJournal, Mapping[str, str], Sequence[Path]], None]


def run_sweep(
    grid: Grid, launch: Launch, interruption: Interruption, settings: SweepSettings
) -> dict[str, Any]:
    """Runs the trials of a grid that are not finished, and summarises all of them.

    Args:
        launch: runs every trial by `run_grid_trial`, with the journal, with tags for the runs, and
            with the folder of prepared data variants of each trial.
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
        open_sweep(studies()["sweep"] / grid.sweep_id) as journal,
        prepared_splits(grid, interruption) as splits,
        store.open_parent("sweep", grid.name, grid.sweep_id, grid.values) as parent,
    ):
        sweep = _Sweep(grid, splits.ratio, journal, parent)
        with sweep.watching(), interruption.raising(stop_trials):
            launch(journal, sweep.tags, splits.folders)
        return sweep.conclude(settings, interruption)


class _Sweep:
    """A sweep in progress: its grid, its journal and its run in MLflow.

    Args:
        ratio: the validation rows of a split, divided by its training rows.
    """

    def __init__(
        self, grid: Grid, ratio: float | None, journal: SweepJournal, parent: Tracker
    ) -> None:
        self._grid, self._ratio, self._journal, self._parent = grid, ratio, journal, parent
        self._title = f"{grid.name}, sweep {grid.sweep_id}"
        self._settings = list(grid.trials[0].values)
        self._board = Board(
            grid.name, self._title, len(grid.trials), self._settings, grid.objective
        )

    @property
    def tags(self) -> dict[str, str]:
        """Tags of each run of the sweep."""
        return {"mlflow.parentRunId": self._parent.run_id, "sweep_id": self._grid.sweep_id}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Shows the trials while the block runs, and tags the sweep for `pipeline.watch`."""
        self._parent.set_tag("trials", str(len(self._grid.trials)))
        if self._grid.objective is not None:
            self._parent.set_tag("objective", self._grid.objective.metric)
        with watching(self._board, self._read):
            yield

    def conclude(self, settings: SweepSettings, interruption: Interruption) -> dict[str, Any]:
        """Summarises the sweep, and saves the best configuration if the settings ask for it.

        Raises:
            PipelineError: a trial failed, or nothing can be saved.
        """
        outcomes = [_ended(outcome) for outcome in self._read()]
        self._board.summarise(outcomes)
        table = self._journal.folder / "trials.csv"
        summary.write(outcomes, self._settings, table)
        self._parent.log_file(table)
        self._count(outcomes)
        choice = self._compare(outcomes)
        self._write_record(choice, outcomes)
        self._require_no_failure(outcomes)
        if settings.save_as is not None:
            self._save(settings, choice, outcomes, interruption)
        return {
            "sweep_id": self._grid.sweep_id,
            "run_id": self._parent.run_id,
            "status": Status.FINISHED,
            "best": choice and _values(choice),
            "trials": len(outcomes),
        }

    def _read(self) -> list[Outcome]:
        return self._journal.read(self._grid.trials)

    def _count(self, outcomes: list[Outcome]) -> None:
        for status in (Status.FINISHED, Status.FAILED):
            count = len(with_status(outcomes, status))
            self._parent.set_tag(f"trials.{status.lower()}", str(count))

    def _compare(self, outcomes: list[Outcome]) -> Choice | None:
        """Ranks and draws the trials. Returns the choice, or None if there is none."""
        objective = self._grid.objective
        if objective is None:
            log(f"{self._grid.name}: the trials are not compared: {self._grid.difference}")
            return None
        finished = with_status(outcomes, Status.FINISHED)
        choice = choose(outcomes, objective.direction, ratio=self._ratio)
        if choice is None:
            if finished:
                log(
                    f"{self._grid.name}: the trials are not compared: there is no split on which "
                    "every configuration without a failed trial has finished"
                )
            return None
        self._board.print(summary.configuration_table(self._title, choice, objective))
        self._record(choice, objective, len(finished))
        self._draw(choice, finished, objective)
        return choice

    def _record(self, choice: Choice, objective: Objective, finished: int) -> None:
        """Adds the best configuration to the run of the sweep."""
        best = choice.best
        tags = {
            "best.run_id": ", ".join(outcome.run_id for outcome in best.outcomes),
            "best.settings": best.label,
            "best.objective": f"{objective.metric} {best.mean:.6g}",
        }
        if doubts := summary.doubts(choice, objective):
            tags["best.doubts"] = ". ".join(doubts)
        for name, value in tags.items():
            self._parent.set_tag(name, value)
        at = max(outcome.timestamp for outcome in best.outcomes)
        self._parent.log_metrics([Measurement(finished, at, {"best": best.mean})])

    def _draw(self, choice: Choice, finished: list[Outcome], objective: Objective) -> None:
        files = draw(
            finished,
            choice.best.outcomes,
            objective,
            title=self._title,
            folder=self._journal.folder,
            effects=True,
        )
        for file in files:
            self._parent.log_file(file, folder=record.FIGURES)

    def _write_record(self, choice: Choice | None, outcomes: list[Outcome]) -> None:
        """Writes what the report shows of the sweep."""
        objective = self._grid.objective
        doubts = [self._grid.difference]
        if objective is not None:
            doubts = [] if choice is None else summary.doubts(choice, objective)
        record.StudyRecord(
            kind="sweep",
            study_id=self._grid.sweep_id,
            run_id=self._parent.run_id,
            experiment=self._grid.name,
            method="",
            objective=objective.metric if objective else "",
            ranking=ranking.of_sweep(choice) if choice else [],
            doubts=doubts,
            overrides=choice.best.outcomes[0].trial.overrides if choice else [],
            data=record.identities([config.data.name for config in self._grid.configs]),
            **ranking.facts(outcomes),
        ).write(self._journal.folder)

    def _save(
        self,
        settings: SweepSettings,
        choice: Choice | None,
        outcomes: list[Outcome],
        interruption: Interruption,
    ) -> None:
        """Confirms the best configuration and saves it as an experiment."""
        objective = self._grid.objective
        if choice is None or objective is None or settings.save_as is None:
            raise PipelineError(
                "sweep.save_as needs a best configuration, and there is none",
                received=settings.save_as,
                expected="See the reason above",
            )
        best = choice.best
        overrides = self._grid.own_split(best.outcomes[0].trial)
        winner = saving.Winner(
            config=compose_experiment(overrides),
            base=self._grid.name,
            study="a sweep",
            trials=len(outcomes),
            objective=objective,
            value=best.mean,
            confirmation=confirm(
                overrides,
                other_seeds({config.seed for config in self._grid.configs}, settings.confirm_seeds),
                objective,
                process=shared(),
                tags=self.tags,
                logs=self._journal.logs,
                interruption=interruption,
            ),
            seconds=sum(outcome.seconds for outcome in best.outcomes) / len(best.outcomes),
            seconds_of_all=sum(outcome.seconds for outcome in outcomes),
        )
        self._parent.log_file(saving.save_and_say(settings.save_as, winner))

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


def _values(choice: Choice) -> dict[str, Any]:
    """The best configuration. Its overrides and its run are those of its first trial."""
    best, corrected = choice.best, choice.corrected
    first = best.outcomes[0]
    return {
        "run_id": first.run_id,
        "overrides": first.trial.overrides,
        "objective": best.mean,
        "fingerprint": first.fingerprint,
        "trials": [outcome.trial.number for outcome in best.outcomes],
        "interval": best.interval,
        "corrected": None if corrected is None else asdict(corrected),
        "tied": None if choice.tied is None else sum(choice.tied) - 1,
    }
