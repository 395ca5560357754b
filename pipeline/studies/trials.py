"""One trial, as a launcher's process runs it: in a child of that process, with its standing told to the journal."""

import math
import time
from collections.abc import Mapping
from pathlib import Path

from pipeline.studies.grid import Trial
from pipeline.studies.sweep_journal import FAILED, RUNNING, Journal, Standing
from pipeline.studies.trial_process import TrialProcess

_process = (
    TrialProcess()
)  # a launcher that runs several trials in one process pays for TensorFlow once


def prepare() -> None:
    """Has this process ready for its first trial, while there is other work to do."""
    _process.start()


def run_trial(trial: Trial, number: int, folder: Path, tags: Mapping[str, str]) -> float:
    """Runs a trial, or gets the result of one that is finished.

    Args:
        folder: of the sweep.
        tags: for the run's record.

    Returns:
        The objective; NaN where there is none, or where the trial failed, which ends nothing but itself.

    Raises:
        Interrupted: a signal ended the trial where nothing is lost.
    """
    journal = Journal(folder)
    journal.write(Standing(number, RUNNING))
    began = time.perf_counter()
    threads = trial.config.training.threads
    named = {**tags, "mlflow.runName": trial.run_name}
    answer = _process.run(trial.overrides, threads=threads, tags=named, log=journal.log(number))
    seconds = time.perf_counter() - began
    if answer["status"] == FAILED:
        journal.write(Standing(number, FAILED, seconds=seconds, reason=answer["reason"]))
        return math.nan
    objective = (
        None if trial.objective is None else float(answer["metrics"][trial.objective.metric])
    )
    known = {key: answer[key] for key in ("status", "run_id", "fingerprint", "metrics")}
    journal.write(Standing(number, objective=objective, seconds=seconds, **known))
    return math.nan if objective is None else objective
