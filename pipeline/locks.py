"""Locks between processes, which end with the process that holds them however it ends."""

import fcntl
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.console import log
from pipeline.errors import PipelineError


@contextmanager
def locked(folder: Path, doing: str, *, wait: bool = False) -> Iterator[None]:
    """Holds `lock` in a folder, which is made where it is missing, and leaves there who does so.

    Args:
        doing: what its holder does, such as `trains this very run`.
        wait: for another process that holds it, instead of refusing.

    Raises:
        PipelineError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "a process that has just begun"
            if not wait:
                raise PipelineError(
                    f"another process {doing}",
                    received=owner,
                    expected="Wait for its end, or stop it",
                ) from None
            log(f"{owner} {doing}: waiting for its end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {platform.node()}\n")
        lock.flush()
        yield
