"""One trial, as a launcher's process runs it: in a child of that process, with its standing told to the journal."""

import math
import time
from collections.abc import Mapping
from pathlib import Path

from pipeline.config.experiment import ExperimentConfig
from pipeline.config.sweep import Trial
from pipeline.config.training import Direction
from pipeline.sweeping.journal import FAILED, RUNNING, Journal, Standing
from pipeline.sweeping.trial_process import TrialProcess

_process = TrialProcess()  # a launcher that runs several trials in one process pays for TensorFlow once


def run_trial(trial: Trial, number: int, folder: Path, tags: Mapping[str, str]) -> float:
    """Runs a trial, or gets the result of one that is finished.

    Args:
        folder: of the sweep.
        tags: for the run's record.

    Returns:
        The objective; NaN where the trial failed, which ends nothing but itself.

    Raises:
        Interrupted: a signal ended the trial where nothing is lost.
    """
    journal = Journal(folder)
    journal.write(Standing(number, RUNNING))
    began = time.perf_counter()
    answer = _process.run(trial.overrides, threads=trial.config.training.threads, tags=tags, log=journal.log(number))
    seconds = time.perf_counter() - began
    if answer["status"] == FAILED:
        journal.write(Standing(number, seconds=seconds, **answer))
        return math.nan
    objective = answer["metrics"][objective_of(trial.config, answer["metrics"])]
    known = {key: answer[key] for key in ("status", "run_id", "fingerprint", "metrics")}
    journal.write(Standing(number, objective=objective, seconds=seconds, **known))
    return float(objective)


def objective_of(config: ExperimentConfig, metrics: Mapping[str, float]) -> str:
    """The metric by which trials are compared: what early stopping watches, else the validation loss as a mean over rows."""
    if config.training.early_stopping is not None:
        return config.training.early_stopping.monitor
    return "validation/log_loss" if "validation/log_loss" in metrics else "validation/loss"


def direction_of(config: ExperimentConfig) -> Direction:
    """Which way the objective gets better."""
    return Direction.min if config.training.early_stopping is None else config.training.early_stopping.direction
