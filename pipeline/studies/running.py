"""Runs one trial in a child process and turns its answer into an outcome."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.config.experiment_composition import compose_experiment
from pipeline.errors import ConfigError, PipelineError
from pipeline.signals import Interruption
from pipeline.studies.grid import Grid
from pipeline.studies.interrupting import stop_trials
from pipeline.studies.journal import SearchJournal, SweepJournal
from pipeline.studies.objective import Objective
from pipeline.studies.outcome import Outcome, Status
from pipeline.studies.trial import Trial
from pipeline.studies.trial_process import Answer, Cause, TrialProcess


def run_grid_trial(
    process: TrialProcess, grid: Grid, number: int, journal: SweepJournal, tags: Mapping[str, str]
) -> float:
    """Runs a trial of a sweep and writes its outcome to the journal.

    A failure ends only this trial.

    Args:
        tags: for the run in MLflow.

    Returns:
        The objective. NaN if the trial has none or failed.

    Raises:
        Interrupted: a signal stopped the trial, after it saved a checkpoint.
    """
    trial = grid.trials[number]
    journal.write(Outcome(trial, Status.RUNNING))
    answer = process.run(
        trial,
        threads=grid.configs[number].training.threads,
        tags={**tags, "mlflow.runName": grid.run_name(number)},
        log=journal.log_file(number),
    )
    outcome = _outcome(trial, answer, grid.objective, key="sweep.objective")
    journal.write(outcome)
    return math.nan if outcome.objective is None else outcome.objective


@dataclass
class SearchTrials:
    """Runs the trials of one search.

    Args:
        overrides: the overrides of the experiment. Each trial adds its own.
        tags: for the runs in MLflow.
        interruption: the signals of this process. They are deferred except while a trial runs.
    """

    overrides: list[str]
    objective: Objective
    journal: SearchJournal
    tags: Mapping[str, str]
    interruption: Interruption
    process: TrialProcess

    def run(self, trial: Trial) -> Outcome:
        """Trains an oracle's trial, from its last checkpoint if there is one.

        Raises:
            PipelineError: the settings are invalid, the training does not measure the objective, or
                the machine has a fault. Each ends the search; it can resume.
            Interrupted: a signal stopped the trial, after it saved a checkpoint.
        """
        complete = replace(trial, overrides=[*self.overrides, *trial.overrides])
        threads = self._threads(complete, added=trial.overrides)
        answer = self._attempt(complete, threads)
        if answer.cause is Cause.KILL:  # probably out of memory: it resumes once
            answer = self._attempt(complete, threads)
        if answer.cause is Cause.MACHINE:
            raise PipelineError(
                f"trial {trial.number} could not run",
                received=answer.reason.rstrip("."),
                expected="Fix this and run the same command again; it resumes",
            )
        return _outcome(complete, answer, self.objective, key="search.objective.metric")

    def _threads(self, trial: Trial, *, added: list[str]) -> int:
        """The trial's `training.threads`.

        An invalid trial ends the search: without it, the search would cover another space.
        """
        try:
            return compose_experiment(trial.arguments).training.threads
        except PipelineError as error:
            raise PipelineError(
                "the space holds invalid settings", received=" ".join(added), expected=str(error)
            ) from error

    def _attempt(self, trial: Trial, threads: int) -> Answer:
        tags = {"trial": str(trial.number), "mlflow.runName": f"trial {trial.number}"}
        with self.interruption.raising(stop_trials):
            return self.process.run(
                trial,
                threads=threads,
                tags={**self.tags, **tags},
                log=self.journal.log_file(trial.number),
            )


def _outcome(trial: Trial, answer: Answer, objective: Objective | None, *, key: str) -> Outcome:
    return Outcome(
        trial=trial,
        status=answer.status,
        objective=_value(answer, objective, key),
        epochs=answer.epochs,
        seconds=answer.seconds,
        timestamp=time.time_ns() // 1_000_000,
        run_id=answer.run_id,
        fingerprint=answer.fingerprint,
        metrics=answer.metrics,
        reason=answer.reason,
    )


def _value(answer: Answer, objective: Objective | None, key: str) -> float | None:
    if objective is None or answer.status is Status.FAILED:
        return None
    if objective.metric not in answer.metrics:
        raise ConfigError(
            key,
            "is not measured by this training",
            received=objective.metric,
            expected=f"Expected: {', '.join(sorted(answer.metrics))}",
        )
    return answer.metrics[objective.metric]
