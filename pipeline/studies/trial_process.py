"""A child process that runs trials one after another.

It imports TensorFlow once, and a crash ends only one trial. Requests and answers are lines of JSON
on pipes of their own. What a trial prints goes to its log file.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.layout import PREPARED
from pipeline.redaction import without_password
from pipeline.signals import Interrupted, without_interrupts
from pipeline.studies.outcome import Status
from pipeline.studies.trial import Trial

RUNNER = "pipeline.studies.trial_runner"
_INTERRUPTIONS = {128 + signal.SIGTERM, 128 + signal.SIGINT}


class Cause(StrEnum):
    """Why a trial failed: its own error, a fault such as a full disk, or SIGKILL."""

    TRIAL = "trial"
    MACHINE = "machine"
    KILL = "kill"


@dataclass(frozen=True)
class Answer:
    """How one training of a trial ended.

    Args:
        epochs: the epochs that the run has trained, in all processes.
        seconds: the time that these epochs took.
        reason: why it failed, in one line.
        cause: the cause of the failure. None if the trial did not fail.
    """

    status: Status
    run_id: str = ""
    fingerprint: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    epochs: float = 0.0
    seconds: float = 0.0
    reason: str = ""
    cause: Cause | None = None

    @classmethod
    def failed(cls, reason: str, cause: Cause) -> "Answer":
        return cls(Status.FAILED, reason=without_password(reason), cause=cause)

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> "Answer":
        """Turns the result of `dataclasses.asdict` back into an answer."""
        cause = None if values["cause"] is None else Cause(values["cause"])
        return cls(**values | {"status": Status(values["status"]), "cause": cause})


class TrialProcess:
    """The child of this process that runs trials.

    A new child replaces it after a crash, and for a trial with another number of threads.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._answers: Any = None
        self._threads: int | None = None

    def run(
        self,
        trial: Trial,
        *,
        threads: int,
        tags: Mapping[str, str],
        log: Path,
        prepared: Path = PREPARED,
    ) -> Answer:
        """Runs one trial and waits for it.

        Args:
            threads: its `training.threads`. A process cannot change this number.
            tags: for the run in MLflow.
            log: the file that receives what the trial prints.
            prepared: the folder of prepared data variants.

        Raises:
            Interrupted: a signal stopped the trial, after it saved a checkpoint.
        """
        is_dead = self._child is not None and self._child.poll() is not None
        if is_dead or self._threads not in (None, threads):
            self.close()
        self._threads = threads
        if self._child is None:
            self.start()
        child = self._child
        assert child is not None
        assert child.stdin
        request = {
            "overrides": trial.arguments,
            "tags": dict(tags),
            "log": str(log),
            "prepared": str(prepared),
        }
        try:
            child.stdin.write(json.dumps(request) + "\n")
            child.stdin.flush()
            line = self._answers.readline()
        except BrokenPipeError:
            line = ""
        if line:
            return Answer.from_values(json.loads(line))
        code = child.wait()
        self.close()
        if code in _INTERRUPTIONS:
            raise Interrupted(code)
        return Answer.failed(_end(code), Cause.KILL if -code == signal.SIGKILL else Cause.TRIAL)

    def close(self) -> None:
        """Ends the child."""
        child, self._child = self._child, None
        if child is not None:
            assert child.stdin
            with suppress(BrokenPipeError):
                child.stdin.close()
            child.wait()
            self._answers.close()

    def start(self) -> None:
        """Starts the child. It loads TensorFlow before it receives a trial."""
        read, write = os.pipe()
        command = [sys.executable, "-m", RUNNER, str(os.getpid()), str(write)]
        with without_interrupts():
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, text=True, pass_fds=[write]
            )
        os.close(write)
        self._answers = os.fdopen(read, encoding="utf-8")


@cache
def shared() -> TrialProcess:
    """The `TrialProcess` of this process, for launchers that run several trials here."""
    return TrialProcess()


def _end(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"the process ended with exit code {code}"
    hint = ", probably out of memory" if -code == signal.SIGKILL else ""
    return f"the process was killed by {signal.Signals(-code).name}{hint}"
