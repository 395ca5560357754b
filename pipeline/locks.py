"""Locks between processes. A lock is free as soon as its process ends."""

import fcntl
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.console import log
from pipeline.errors import PipelineError


@contextmanager
def locked(folder: Path, activity: str, *, wait: bool = False) -> Iterator[None]:
    """Holds the file `lock` in a folder. The file names the process that holds it.

    Args:
        activity: what the holder does, for messages, such as `trains this run`.
        wait: waits for a process that holds the lock, instead of raising an error.

    Raises:
        PipelineError: another process holds the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "a process that has just started"
            if not wait:
                raise PipelineError(
                    f"another process {activity}",
                    received=owner,
                    expected="Wait until it ends, or stop it",
                ) from None
            log(f"{owner} {activity}; waiting until it ends")
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {platform.node()}\n")
        lock.flush()
        yield
