"""A child process that runs trials one after another, so that TensorFlow is imported once and a crash ends one trial.

Requests and answers are lines of JSON on pipes of their own; what a trial prints goes to its log.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

from pipeline.signals import Interrupted, without_interrupts

RUNNER = "pipeline.studies.trial_runner"
_INTERRUPTIONS = {128 + signal.SIGTERM, 128 + signal.SIGINT}


class Cause(Enum):
    """Why a trial failed: by itself, as it would again; by a fault of the machine, such as a full disk; or by SIGKILL."""

    trial = "trial"
    machine = "machine"
    kill = "kill"


class TrialProcess:
    """The child of this process; a new one is started where the last has died, or trained with other threads."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._answers: Any = None
        self._threads: int | None = None

    def run(
        self, overrides: Sequence[str], *, threads: int, tags: Mapping[str, str], log: Path
    ) -> dict[str, Any]:
        """Runs one trial and waits for it.

        Args:
            threads: its `training.threads`, which a process cannot change.
            tags: for the run's record.
            log: a file that receives what the trial prints.

        Returns:
            `{"status": "FINISHED", "run_id": …, "run_key": …, "fingerprint": …, "metrics": {…}}`, or
            `{"status": "FAILED", "reason": …, "cause": …}`: one line, and a value of `Cause`.

        Raises:
            Interrupted: the trial was told to stop by a signal, and has kept its state.
        """
        died = self._child is not None and self._child.poll() is not None
        if died or self._threads not in (None, threads):
            self.close()
        self._threads = threads
        if self._child is None:
            self.start()
        child = self._child
        assert child is not None
        assert child.stdin
        request = {"overrides": list(overrides), "tags": dict(tags), "log": str(log)}
        try:
            child.stdin.write(json.dumps(request) + "\n")
            child.stdin.flush()
            answer = self._answers.readline()
        except BrokenPipeError:
            answer = ""
        if answer:
            return dict(json.loads(answer))
        code = child.wait()
        self.close()
        if code in _INTERRUPTIONS:
            raise Interrupted(code)
        cause = Cause.kill if -code == signal.SIGKILL else Cause.trial
        return {"status": "FAILED", "reason": _end(code), "cause": cause.value}

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
        """Starts the child, which loads TensorFlow before it is given a trial."""
        read, write = os.pipe()
        command = [sys.executable, "-m", RUNNER, str(os.getpid()), str(write)]
        with without_interrupts():
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, text=True, pass_fds=[write]
            )
        os.close(write)
        self._answers = os.fdopen(read, encoding="utf-8")


def _end(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"the process ended with exit code {code}"
    hint = ", as the kernel does where memory runs out" if -code == signal.SIGKILL else ""
    return f"the process was killed by {signal.Signals(-code).name}{hint}"
