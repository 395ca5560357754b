"""Finds MLflow runs of dead processes and closes them.

MLflow has no heartbeat, so the run of a killed process would stay RUNNING for ever. Therefore the
tags of each run name its process. Every process that opens the store closes the runs of dead ones.
"""

from collections.abc import Callable, Iterator
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Run, RunStatus

from pipeline.tracking import connection
from pipeline.tracking.processes import is_gone


def close_dead(client: MlflowClient) -> None:
    """Marks RUNNING runs as KILLED if their process ran on this host and is gone.

    Their end is the time of the last metric, or the start of the run. Runs of other hosts and
    containers, and runs without the tags of a process, stay as they are.
    """
    with connection.lock():
        running = list(_running(client))  # all pages first: closing runs would shift the next page
        for run in running:
            if is_gone(run.data.tags):
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
