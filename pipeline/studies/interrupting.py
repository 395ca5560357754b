"""How a signal ends a study: its trials save checkpoints and stop, then it ends."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from pipeline.console import log
from pipeline.signals import Interrupted, Interruption
from pipeline.studies.trial_process import RUNNER

_POLL_SECONDS = 0.02


@contextmanager
def resumable(name: str, interruption: Interruption) -> Iterator[None]:
    """Defers signals during a study. Logs how to resume if a signal ends it."""
    with interruption.deferring():
        try:
            yield
        except Interrupted:
            log(f"{name}: interrupted. Run the same command again to resume.")
            raise


def stop_trials() -> None:
    """Ends the trials of this process and its workers by SIGTERM, and waits.

    It does not reap them: the exit code of a child belongs to the `TrialProcess` that started it.
    """
    trials = _trials_below(os.getpid())
    for trial in trials:
        with suppress(psutil.NoSuchProcess):
            trial.terminate()
    while any(_is_alive(trial) for trial in trials):
        time.sleep(_POLL_SECONDS)


def _trials_below(ancestor: int) -> list[psutil.Process]:
    """The descendants of a process that run trials."""
    trials = []
    for process in psutil.Process(ancestor).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if RUNNER in process.cmdline():
                trials.append(process)
    return trials


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
