"""What a signal does to a command that runs trials: they stop where nothing is lost, then the command ends."""

import os
import select
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.console import log
from pipeline.signals import Interrupted, Interruption
from pipeline.studies.trial_process import RUNNER


@contextmanager
def resumable(name: str, interruption: Interruption) -> Iterator[None]:
    """A whole sweep or search: signals wait, but while trials are waited for; says that it goes on."""
    with interruption.deferring():
        try:
            yield
        except Interrupted:
            log(f"{name}: interrupted; the same command goes on from here")
            raise


def stop_all() -> None:
    """Tells the trials of this process and of its workers to stop where nothing is lost, and waits for their ends."""
    opened = []
    for number in _trials_below(os.getpid()):
        with suppress(ProcessLookupError):
            opened.append(os.pidfd_open(number))
            signal.pidfd_send_signal(opened[-1], signal.SIGTERM)
    for trial in opened:
        select.select(
            [trial], [], []
        )  # readable when the process has ended, though it is no child of this one
        os.close(trial)


def _trials_below(ancestor: int) -> list[int]:
    """The processes that run trials, among the children of a process and theirs."""
    parents = {}
    trials = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            stat = (process / "stat").read_text(encoding="utf-8", errors="replace")
            parents[int(process.name)] = int(stat.rpartition(")")[2].split()[1])
            if RUNNER.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                trials.append(int(process.name))
    return [trial for trial in trials if ancestor in _ancestors(trial, parents)]


def _ancestors(process: int, parents: Mapping[int, int]) -> Iterator[int]:
    while process in parents:
        process = parents[process]
        yield process
