"""Finds MLflow runs of dead processes and closes them.

MLflow has no heartbeat, so the run of a killed process would stay RUNNING for ever. Therefore the
tags of each run name its process. Every process that opens the store closes the runs of dead ones.
"""

import os
import platform
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psutil
from mlflow import MlflowClient
from mlflow.entities import Run, RunStatus

from pipeline.tracking import connection

_NAMES = ("process.host", "process.boot", "process.pid", "process.started")
# Setting the clock moves the time of boot, by less than this many seconds. Another boot with the
# same pid and the same start is further away.
_SAME_BOOT = 3600.0
_SAME_START = 0.015  # psutil counts in hundredths of a second


def process_tags() -> dict[str, str]:
    """The tags that identify this process.

    They are host, time of boot, pid, and the seconds from boot to its start: pids are reused.
    """
    process = psutil.Process()
    started = f"{_seconds_after_boot(process):.2f}"
    values = (platform.node(), f"{psutil.boot_time():.0f}", str(os.getpid()), started)
    return dict(zip(_NAMES, values, strict=True))


def lives(tags: Mapping[str, str]) -> bool:
    """Whether the process of these tags runs on this host. A zombie does not run."""
    if not _of_this_host(tags):
        return False
    try:
        boot, started = float(tags["process.boot"]), float(tags["process.started"])
        process = psutil.Process(int(tags["process.pid"]))
        return (
            process.status() != psutil.STATUS_ZOMBIE
            and abs(psutil.boot_time() - boot) < _SAME_BOOT
            and abs(_seconds_after_boot(process) - started) < _SAME_START
        )
    except (psutil.NoSuchProcess, ValueError):
        return False


def close_dead(client: MlflowClient) -> None:
    """Marks RUNNING runs as KILLED if their process ran on this host and is gone.

    Their end is the time of the last metric, or the start of the run. Runs of other hosts, and runs
    without the tags of a process, stay as they are.
    """
    with connection.lock():
        running = list(_running(client))  # all pages first: closing runs would shift the next page
        for run in running:
            if _of_this_host(run.data.tags) and not lives(run.data.tags):
                set_status(client, run.info.run_id, "KILLED", end_time=_last_measured(client, run))


def set_status(client: MlflowClient, run_id: str, status: str, *, end_time: int) -> None:
    """Sets the status of a run, and its end time in milliseconds since 1970.

    The end time 0 removes it. `MlflowClient` cannot do that, and prints the address of a server
    when it ends a run.
    """
    client._tracking_client.store.update_run_info(
        run_id, RunStatus.from_string(status), end_time, None
    )


def _of_this_host(tags: Mapping[str, str]) -> bool:
    return all(name in tags for name in _NAMES) and tags["process.host"] == platform.node()


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
