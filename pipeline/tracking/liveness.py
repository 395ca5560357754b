"""Which process writes a run, and the true end of runs whose process is gone.

MLflow has no heartbeat: a run whose process was killed would stay RUNNING for ever. So each run names its process by
tags, and whoever opens the store closes the runs of the dead. Linux alone: it reads `/proc`.
"""

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Run, RunStatus

from pipeline.tracking import store

_NAMES = ("process.host", "process.boot", "process.pid", "process.started")
_START_TIME = 22 - 4  # field 22 of `man 5 proc_pid_stat`, among those from field 4


def process_tags() -> dict[str, str]:
    """Tags that no other process has: host, boot, pid, and start time in ticks, since pids are used again."""
    pid = str(os.getpid())
    return dict(zip(_NAMES, (platform.node(), _boot(), pid, _start_time(pid) or ""), strict=True))


def lives(tags: Mapping[str, str]) -> bool:
    """Whether the process that these tags name runs on this host now."""
    return (
        _of_this_host(tags)
        and tags["process.boot"] == _boot()
        and tags["process.started"] == _start_time(tags["process.pid"])
    )


def close_dead(client: MlflowClient) -> None:
    """Marks each RUNNING run as KILLED whose process, one of this host, is gone.

    It ended when its last metric was measured, or as it began. Runs of other hosts, and those that name no process,
    stay as they are.
    """
    with store.lock():
        running = list(_running(client))  # whole, because a page that loses runs moves the next one
        for run in running:
            if _of_this_host(run.data.tags) and not lives(run.data.tags):
                set_status(client, run.info.run_id, "KILLED", end_time=_last_sign(client, run))


def set_status(client: MlflowClient, run_id: str, status: str, *, end_time: int) -> None:
    """Sets a run's status and end time in Unix milliseconds; 0 takes the end time away, as in MLflow's own messages.

    `MlflowClient` itself can neither take an end time away nor end a run without printing where a server shows it.
    """
    client._tracking_client.store.update_run_info(
        run_id, RunStatus.from_string(status), end_time, None
    )


def close(client: MlflowClient, run_id: str, status: str) -> None:
    """Ends a run now."""
    set_status(client, run_id, status, end_time=time.time_ns() // 1_000_000)


def _of_this_host(tags: Mapping[str, str]) -> bool:
    return all(name in tags for name in _NAMES) and tags["process.host"] == platform.node()


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _start_time(pid: str) -> str | None:
    """Ticks from boot to the start of a process; None for one that is not there, or is a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *fields = stat.rpartition(")")[
        2
    ].split()  # the name before it may hold spaces and parentheses
    return None if state == "Z" else fields[_START_TIME]


def _running(client: MlflowClient) -> Iterator[Run]:
    experiments = [
        found.experiment_id
        for found in _pages(lambda token: client.search_experiments(page_token=token))
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


def _last_sign(client: MlflowClient, run: Run) -> int:
    points = [
        point
        for name in run.data.metrics
        for point in client.get_metric_history(run.info.run_id, name)
    ]
    return max([int(run.info.start_time), *(int(point.timestamp) for point in points)])
