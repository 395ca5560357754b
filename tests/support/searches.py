"""Searches without a training: spaces and oracles of a test's own, and trials whose outcome is a formula.

python -m tests.support.searches        lives of searches, each in a process that may kill itself; for test_tune_kill.py
"""

import math
import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.config.training import Direction
from pipeline.studies import search_journal as journal
from pipeline.studies.explore import Proposal, explore
from pipeline.studies.oracle import Oracle
from pipeline.studies.search_journal import FAILED, FINISHED, PAUSED, Journal, Record
from pipeline.studies.space import METHODS, Objective, Parameter, SearchConfig

LARGEST = Objective("validation/accuracy", Direction.max)
SPACE = {
    "optimizer": {"choice": ["sgd", "adam"]},
    "optimizer.learning_rate": {"float": [1.0e-03, 1.0e-01], "log": True},
    "optimizer.momentum": {"float": [0.0, 0.9], "when": {"optimizer": ["sgd"]}},
    "training.batch_size": {"int": [8, 32], "step": 8},
}
LINE = {
    "optimizer.learning_rate": {"float": [1.0e-03, 1.0e-01]}
}  # of one setting: bayesian search draws three, then learns
NESTED = {
    "optimizer": {"choice": ["sgd", "adam"]},
    "optimizer.nesterov": {"choice": [True, False], "when": {"optimizer": ["sgd"]}},
    "optimizer.momentum": {"float": [0.1, 0.9], "when": {"optimizer.nesterov": [True]}},
}
Kill = Callable[[str], None]


def config(method: str, space: dict[str, Any] | None = None, **given: Any) -> SearchConfig:
    return SearchConfig(METHODS[method](**given), space or SPACE)


def oracle(found: SearchConfig, objective: Objective = LARGEST) -> Oracle:
    return Oracle(found.search, found.parameters(), objective)


def parameter(**entry: Any) -> Parameter:
    return SearchConfig(METHODS["random"](), {**SPACE, "seed": entry}).parameters()[-1]


def outcome(proposal: Proposal, **given: Any) -> Record:
    """The objective has its largest value, 1, where the learning rate is 0.03, and grows with the epochs."""
    rate = proposal.values["optimizer.learning_rate"]
    epochs = proposal.epochs or 9
    value = (1 - abs(rate - 0.03)) * (1 - math.exp(-epochs))
    known = {
        "objective": value,
        "run_id": f"run {proposal.number}",
        "epochs": float(epochs),
        "seconds": 1.0,
        **given,
    }
    status = FINISHED if epochs == 9 else PAUSED
    return Record(
        **{
            "number": proposal.number,
            "values": proposal.values,
            "overrides": [],
            "status": status,
            **known,
        }
    )


def failing(*numbers: int) -> Callable[[Proposal], Record]:
    """Trials of which these fail."""

    def run(proposal: Proposal) -> Record:
        if proposal.number in numbers:
            return outcome(proposal, status=FAILED, objective=None, reason="it diverged")
        return outcome(proposal)

    return run


def searched(
    found: SearchConfig, folder: Path, run: Callable[[Proposal], Record] = outcome
) -> list[Record]:
    """All records of a search, gone on with where the folder holds any."""
    with journal.held(folder) as kept:
        explore(oracle(found), kept, run, lambda _record: None)
        return kept.records


class Mortal(Journal):
    """A journal whose process may die at a record: before it, amid its bytes, or after it."""

    kill: Kill

    def append(self, record: Record) -> None:
        self.kill("run")
        with self._file.open("ab") as file:
            line = journal._line(record).encode()
            file.write(line[: len(line) // 2])
            file.flush()
            self.kill("amid")
            file.write(line[len(line) // 2 :])
        self.records.append(record)
        self.kill("recorded")


def live(found: SearchConfig, folder: Path, *, at: str = "", times: int = 1) -> int:
    """One life of a search, in a process of its own that dies by SIGKILL at such a moment, the n-th; how it ended."""
    child = os.fork()  # so that KerasTuner need not be imported again
    if child != 0:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        _live(found, folder, at, times)
        os._exit(0)
    finally:  # it must not go on as the test
        traceback.print_exc()
        os._exit(1)


def _live(found: SearchConfig, folder: Path, at: str, times: int) -> None:
    def kill(moment: str) -> None:
        nonlocal times
        times -= moment == at
        if times == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with journal.held(folder) as kept:
        mortal = Mortal(folder)
        mortal.records, mortal.kill = kept.records, kill
        explore(oracle(found), mortal, outcome, lambda _record: None)
