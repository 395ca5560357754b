"""Searches without a training: the objective of a trial is a formula."""

import math
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.config.metrics import Direction
from pipeline.studies import journal
from pipeline.studies.explore import explore
from pipeline.studies.journal import SearchJournal, open_search
from pipeline.studies.objective import Objective
from pipeline.studies.oracles import ORACLES, Oracle
from pipeline.studies.outcome import Outcome, Status
from pipeline.studies.settings import TuneConfig
from pipeline.studies.space import Parameter
from pipeline.studies.trial import Trial

ACCURACY = Objective("validation/accuracy", Direction.max)
LOSS = Objective("validation/loss", Direction.min)
SPACE = {
    "optimizer": {"choice": ["sgd", "adam"]},
    "optimizer.learning_rate": {"float": [1.0e-03, 1.0e-01], "log": True},
    "optimizer.momentum": {"float": [0.0, 0.9], "when": {"optimizer": ["sgd"]}},
    "training.batch_size": {"int": [8, 32], "step": 8},
}
# One setting: a bayesian search draws three trials, then learns.
LINE = {"optimizer.learning_rate": {"float": [1.0e-03, 1.0e-01]}}
NESTED = {
    "optimizer": {"choice": ["sgd", "adam"]},
    "optimizer.nesterov": {"choice": [True, False], "when": {"optimizer": ["sgd"]}},
    "optimizer.momentum": {"float": [0.1, 0.9], "when": {"optimizer.nesterov": [True]}},
}
Kill = Callable[[str], None]


def config(method: str, space: dict[str, Any] | None = None, **settings: Any) -> TuneConfig:
    search = ORACLES.load(method, key="search.method").SETTINGS(**settings)
    return TuneConfig(search, space or SPACE)


def oracle(config: TuneConfig, objective: Objective = ACCURACY) -> Oracle:
    build = ORACLES.load(config.search.method, key="search.method").build
    return build(config.search, config.read_space(), objective)


def parameter(**entry: Any) -> Parameter:
    return config("random", {**SPACE, "seed": entry}).read_space().parameters[-1]


def finished(trial: Trial, **fields: Any) -> Outcome:
    """The objective is largest, 1, for a learning rate of 0.03. It grows with the epochs."""
    rate = trial.values["optimizer.learning_rate"]
    epochs = trial.pause_at or 9
    value = (1 - abs(rate - 0.03)) * (1 - math.exp(-epochs))
    outcome = Outcome(
        trial=trial,
        status=Status.FINISHED if epochs == 9 else Status.PAUSED,
        objective=value,
        epochs=float(epochs),
        seconds=1.0,
        run_id=f"run {trial.number}",
    )
    return replace(outcome, **fields)


def failed(trial: Trial) -> Outcome:
    return finished(trial, status=Status.FAILED, objective=None, reason="it diverged")


def failing(*numbers: int) -> Callable[[Trial], Outcome]:
    """Runs trials; the given ones fail."""
    return lambda trial: failed(trial) if trial.number in numbers else finished(trial)


def search(
    config: TuneConfig, folder: Path, run: Callable[[Trial], Outcome] = finished
) -> list[Outcome]:
    """Runs a search to its end, or resumes the one in the folder. Returns all its outcomes."""
    with open_search(folder) as opened:
        explore(oracle(config), opened, run, lambda _outcome: None)
        return opened.outcomes


class MortalJournal(SearchJournal):
    """A journal that may kill its process before an outcome is written, halfway, or afterwards."""

    kill: Kill

    def append(self, outcome: Outcome) -> None:
        self.kill("before")
        with self._file.open("ab") as file:
            line = journal._line(outcome).encode()
            file.write(line[: len(line) // 2])
            file.flush()
            self.kill("halfway")
            file.write(line[len(line) // 2 :])
        self.outcomes.append(outcome)
        self.kill("after")


def live(config: TuneConfig, folder: Path, *, at: str = "", times: int = 1) -> int:
    """Runs a search in a process that kills itself the n-th time it reaches a moment.

    Returns:
        The exit code of the process.
    """
    child = os.fork()  # so that KerasTuner is not imported again
    if child != 0:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        _live(config, folder, at, times)
        os._exit(0)
    finally:  # the child must not continue as the test
        traceback.print_exc()
        os._exit(1)


def _live(config: TuneConfig, folder: Path, at: str, times: int) -> None:
    def kill(moment: str) -> None:
        nonlocal times
        times -= moment == at
        if times == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_search(folder) as opened:
        mortal = MortalJournal(folder)
        mortal.outcomes, mortal.kill = opened.outcomes, kill
        explore(oracle(config), mortal, finished, lambda _outcome: None)
