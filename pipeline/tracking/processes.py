"""Identifies processes, so that a reader of their tags can see which of them still run.

It does not import MLflow, because that takes seconds.
"""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

import psutil

from pipeline.files import PROC, pid_namespace

_NAMES = ("process.host", "process.boot", "process.pid", "process.started")
# This process does not see those of another container, even with the same host name.
_NAMESPACE = "process.namespace"
_BOOT_ID = Path(PROC, "sys/kernel/random/boot_id")
# Without a boot id, as on macOS, the time of boot identifies a boot. A change of the clock moves it
# by less than this many seconds. Another boot with the same pid and start is further away.
_SAME_BOOT = 3600.0
_SAME_START = 0.015  # psutil counts in hundredths of a second


def process_tags() -> dict[str, str]:
    """The tags that identify this process.

    They are host, boot, pid, the seconds from boot to its start, and the PID namespace if the
    system has one. The start is needed because pids are reused.
    """
    process, namespace = psutil.Process(), pid_namespace()
    started = f"{_seconds_after_boot(process):.2f}"
    values = (platform.node(), _boot(), str(os.getpid()), started)
    tags = dict(zip(_NAMES, values, strict=True))
    return tags | ({_NAMESPACE: namespace} if namespace else {})


def lives(tags: Mapping[str, str]) -> bool:
    """Whether the process of these tags is seen to run. A zombie does not run."""
    if not _is_visible(tags):
        return False
    try:
        process = psutil.Process(int(tags["process.pid"]))
        return (
            process.status() != psutil.STATUS_ZOMBIE
            and _is_this_boot(tags["process.boot"])
            and abs(_seconds_after_boot(process) - float(tags["process.started"])) < _SAME_START
        )
    except (psutil.NoSuchProcess, ValueError):
        return False


def is_gone(tags: Mapping[str, str]) -> bool:
    """Whether the process of these tags has ended. False if it could not be seen from here."""
    return _is_visible(tags) and not lives(tags)


def _is_visible(tags: Mapping[str, str]) -> bool:
    """Whether this process could see the process of these tags, if that one runs."""
    return (
        all(name in tags for name in _NAMES)
        and tags["process.host"] == platform.node()
        # Earlier versions of this package did not tag the namespace.
        and tags.get(_NAMESPACE, pid_namespace()) == pid_namespace()
    )


def _boot() -> str:
    """What identifies the boot of this machine, whatever happens to its clock."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"


def _is_this_boot(boot: str) -> bool:
    try:
        return bool(abs(psutil.boot_time() - float(boot)) < _SAME_BOOT)
    except ValueError:
        return boot == _boot()


def _seconds_after_boot(process: psutil.Process) -> float:
    """The start of a process, counted from boot: setting the clock does not move it."""
    return float(process.create_time() - psutil.boot_time())
