"""Finds MLflow runs of dead processes and closes them.

MLflow has no heartbeat, so the run of a killed process would stay RUNNING for ever. Therefore the
tags of each run name its process. Every process that opens the store closes the runs of dead ones.
"""

import os
import platform
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
from mlflow import MlflowClient
from mlflow.entities import Run, RunStatus

from pipeline.files import PROC, pid_namespace
from pipeline.tracking import connection

_NAMES = ("process.host", "process.boot", "process.pid", "process.started")
# Processes of another container cannot be seen, even if it has the same host name.
_NAMESPACE = "process.namespace"
_BOOT_ID = Path(PROC, "sys/kernel/random/boot_id")
# Without a boot id, as on macOS, the time of boot identifies a boot. Setting the clock moves it, by
# less than this many seconds. Another boot with the same pid and the same start is further away.
_SAME_BOOT = 3600.0
_SAME_START = 0.015  # psutil counts in hundredths of a second


def process_tags() -> dict[str, str]:
    """The tags that identify this process.

    They are host, boot, pid, the seconds from boot to its start, because pids are reused, and the
    PID namespace. On a system without namespaces, as macOS, that one is left out.
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


def close_dead(client: MlflowClient) -> None:
    """Marks RUNNING runs as KILLED if their process ran on this host and is gone.

    Their end is the time of the last metric, or the start of the run. Runs of other hosts and
    containers, and runs without the tags of a process, stay as they are.
    """
    with connection.lock():
        running = list(_running(client))  # all pages first: closing runs would shift the next page
        for run in running:
            if _is_visible(run.data.tags) and not lives(run.data.tags):
                set_status(client, run.info.run_id, "KILLED", end_time=_last_measured(client, run))


def set_status(client: MlflowClient, run_id: str, status: str, *, end_time: int) -> None:
    """Sets the status of a run, and its end time in milliseconds since 1970.

    The end time 0 removes it. `MlflowClient` cannot do that, and prints the address of a server
    when it ends a run. A run never ends before it started: the clock may have been set back.
    """
    if end_time:
        end_time = max(end_time, int(client.get_run(run_id).info.start_time))
    client._tracking_client.store.update_run_info(
        run_id, RunStatus.from_string(status), end_time, None
    )


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


def _running(client: MlflowClient) -> Iterator[Run]:
    experiments = [
        experiment.experiment_id
        for experiment in _pages(lambda token: client.search_experiments(page_token=token))
    ]
    return _pages(
        lambda token: client.search_runs(
            experiments, "attributes.status = 'RUNNING'", page_token=token
        )
    )


def _pages(search: Callable[[str | None], Any]) -> Iterator[Any]:
    page = search(None)
    yield from page
    while page.token:
        page = search(page.token)
        yield from page


def _last_measured(client: MlflowClient, run: Run) -> int:
    points = [
        point
        for name in run.data.metrics
        for point in client.get_metric_history(run.info.run_id, name)
    ]
    return max([int(run.info.start_time), *(int(point.timestamp) for point in points)])
