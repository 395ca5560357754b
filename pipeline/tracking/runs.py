"""Runs in MLflow: opened or gone on with, closed with a true status, and added to by `evaluate`."""

import getpass
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run, RunTag
from mlflow.exceptions import MlflowException

from pipeline.config.tracking import Store
from pipeline.data.prepared import Meta
from pipeline.errors import PipelineError
from pipeline.tracking import store
from pipeline.tracking.facts import log_data_set, log_facts
from pipeline.tracking.liveness import close, close_dead, lives, process_tags, set_status
from pipeline.tracking.mlflow_tracker import MlflowTracker
from pipeline.tracking.tracker import (
    Measurement,
    OpenRun,
    RunFacts,
    Tracker,
    ending,
    open_in_memory,
)

_NO_SUCH_RUN = (
    "RESOURCE_DOES_NOT_EXIST",
    "INVALID_PARAMETER_VALUE",
)  # the second for what cannot be an id


def open_run(kind: Store) -> OpenRun:
    """The way runs are opened in a kind of store."""
    return open_in_memory if kind is Store.memory else open_in_mlflow


@contextmanager
def open_in_mlflow(
    facts: RunFacts, *, run_id: str | None = None, anew: bool = False
) -> Iterator[Tracker]:
    """Opens a run of the experiment `facts.name`, as `OpenRun` says, and closes it truthfully."""
    client = store.client()
    experiment = store.experiment_id(client, facts.name)
    close_dead(client)
    with store.lock():  # of two processes that find the same run, one gets it
        earlier = None if anew else _earlier(client, experiment, facts, run_id)
        tracker = MlflowTracker(
            client, _reopen(client, earlier) if earlier else _create(client, experiment, facts)
        )
    try:
        with ending(tracker.__setattr__):
            log_facts(client, tracker.run_id, facts)
            yield tracker
    finally:
        close(client, tracker.run_id, tracker.status)


def _earlier(
    client: MlflowClient, experiment: str, facts: RunFacts, run_id: str | None
) -> Run | None:
    """The run to go on with. One that a living process of this host writes is left to it, unless a checkpoint names it."""
    if run_id is not None:
        return client.get_run(run_id) if exists(client, run_id) else None
    if "run_key" not in facts.tags:
        return None
    same_key = f"tags.run_key = '{facts.tags['run_key']}' AND attributes.status != 'FINISHED'"
    found = client.search_runs([experiment], same_key, order_by=["attributes.start_time DESC"])
    return next(
        (run for run in found if run.info.status != "RUNNING" or not lives(run.data.tags)), None
    )


def _create(client: MlflowClient, experiment: str, facts: RunFacts) -> str:
    tags = {**facts.tags, **process_tags(), "mlflow.user": user()}
    return str(client.create_run(experiment, run_name=facts.name, tags=tags).info.run_id)


def _reopen(client: MlflowClient, run: Run) -> str:
    """Makes this process the run's own; tags of what the run began with stay."""
    run_id = str(run.info.run_id)
    tags = process_tags() | {"resumed": str(int(run.data.tags.get("resumed", 0)) + 1)}
    # First the tags: a RUNNING run of a dead process would be closed.
    client.log_batch(
        run_id, tags=[RunTag(name, value) for name, value in tags.items()], synchronous=True
    )
    set_status(client, run_id, "RUNNING", end_time=0)
    return run_id


def user() -> str:
    """Who runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return "unknown"


def log_evaluation(
    kind: Store,
    run_id: str,
    *,
    by_step: Mapping[int, Mapping[str, float]],
    intervals: Mapping[str, tuple[float, float]],
    output: Path,
    meta: Meta,
    data_folder: Path,
) -> None:
    """Adds what `evaluate` found to the run that trained the model: test metrics by step, figures, data set.

    Intervals become tags, because a chart of each limit, a single dot, would stand before the learning curves.
    Evaluating again logs no point twice.

    Raises:
        PipelineError: the store does not have the run.
    """
    if kind is Store.memory:
        return
    client, tracker = _attach(run_id)
    _log_test_metrics(client, tracker, by_step, meta, data_folder)
    for name, (low, high) in intervals.items():
        tracker.set_tag(f"test/{name}.interval_95", f"{low:.6g} to {high:.6g}")
    for figure in sorted((output / "figures").glob("*.png")):
        tracker.log_file(figure, folder="figures")
    for name in ("metrics.json", "history.csv"):
        tracker.log_file(output / name)


def log_test_metrics(
    kind: Store,
    run_id: str,
    by_step: Mapping[int, Mapping[str, float]],
    *,
    meta: Meta,
    data_folder: Path,
) -> None:
    """Adds metrics of the test split by step, and that split as a data set, to the run that trained the model.

    Raises:
        PipelineError: the store does not have the run.
    """
    if kind is not Store.memory:
        _log_test_metrics(*_attach(run_id), by_step, meta, data_folder)


def _log_test_metrics(
    client: MlflowClient,
    tracker: Tracker,
    by_step: Mapping[int, Mapping[str, float]],
    meta: Meta,
    data_folder: Path,
) -> None:
    now = time.time_ns() // 1_000_000
    tracker.log_metrics(
        [
            Measurement(step, now, {f"test/{name}": value for name, value in metrics.items()})
            for step, metrics in sorted(by_step.items())
        ]
    )
    log_data_set(client, tracker.run_id, meta, "test", data_folder)


def _attach(run_id: str) -> tuple[MlflowClient, Tracker]:
    """The record of a run that has ended, for what is learnt of it later; its status stays as it is."""
    client = store.client()
    close_dead(client)
    if not exists(client, run_id):
        raise PipelineError(
            f"the tracking store {store.uri()} does not have the run of this model",
            received=run_id,
            expected="Train it again with: dvc repro --force <stage>",
        )
    return client, MlflowTracker(client, run_id)


def add_tags(kind: Store, run_id: str, tags: Mapping[str, str]) -> None:
    """Adds facts that came after a run had begun, such as the sweep that asked for it last."""
    if kind is Store.mlflow and tags:
        batch = [RunTag(name, value) for name, value in tags.items()]
        store.client().log_batch(run_id, tags=batch, synchronous=True)


def missing_runs(run_ids: Mapping[str, str]) -> list[str]:
    """Keys of those runs that the store does not hold."""
    client = store.client()
    close_dead(client)
    return [key for key, run_id in run_ids.items() if not exists(client, run_id)]


def has_run(kind: Store, run_id: str) -> bool:
    """Whether a kind of store holds a run that was not deleted."""
    return kind is Store.mlflow and exists(store.client(), run_id)


def exists(client: MlflowClient, run_id: str) -> bool:
    """Whether the store holds a run that was not deleted."""
    try:
        return str(client.get_run(run_id).info.lifecycle_stage) == "active"
    except MlflowException as error:
        if error.error_code in _NO_SUCH_RUN:
            return False
        raise
