"""The parent run of a sweep: one for each grid, however often the sweep was begun."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mlflow import MlflowClient
from mlflow.entities import Param, RunTag
from mlflow.entities import Run as MlflowRun

from pipeline.config.tracking import Store
from pipeline.tracking import lineage, store
from pipeline.tracking.liveness import close_dead, process_tags, set_status
from pipeline.tracking.mlflow_tracker import MlflowTracker
from pipeline.tracking.runs import user
from pipeline.tracking.tracker import MemoryTracker, Tracker, ending


@contextmanager
def open_sweep(kind: Store, name: str, sweep_id: str, params: Mapping[str, str]) -> Iterator[Tracker]:
    """Opens the parent run of a sweep, the one of an earlier start if there is any, and closes it truthfully.

    Args:
        name: the MLflow experiment.
        params: the swept settings with all their values.
    """
    if kind is Store.memory:
        tracker = MemoryTracker()
        with ending(tracker.__setattr__):
            yield tracker
        return
    client = store.client()
    experiment = store.experiment_id(client, name)
    close_dead(client)
    with store.lock():
        run_id = _found_or_made(client, experiment, sweep_id)
    client.log_batch(run_id, params=[Param(key, value) for key, value in params.items()], synchronous=True)
    opened = MlflowTracker(client, run_id)
    try:
        with ending(opened.__setattr__):
            yield opened
    finally:
        client.set_terminated(run_id, opened.status)


def children_tags(parent: Tracker, sweep_id: str) -> dict[str, str]:
    """Tags that make a run a child of the sweep; a run that several sweeps asked for is shown under the last."""
    return {"mlflow.parentRunId": parent.run_id, "sweep_id": sweep_id}


def _found_or_made(client: MlflowClient, experiment: str, sweep_id: str) -> str:
    same = f"tags.kind = 'sweep' AND tags.sweep_id = '{sweep_id}'"
    earlier: list[MlflowRun] = client.search_runs([experiment], same, max_results=1)
    if not earlier:
        return _made(client, experiment, sweep_id)
    run_id = str(earlier[0].info.run_id)
    # First the tags: a RUNNING run of a dead process would be closed.
    client.log_batch(run_id, tags=[RunTag(key, value) for key, value in process_tags().items()], synchronous=True)
    set_status(client, run_id, "RUNNING", end_time=0)
    return run_id


def _made(client: MlflowClient, experiment: str, sweep_id: str) -> str:
    git = lineage.git_state()
    tags = {"kind": "sweep", "sweep_id": sweep_id, "mlflow.user": user(), "mlflow.source.name": "pipeline.train"}
    tags |= {"git.commit": git.commit, "git.dirty": str(git.dirty).lower()} if git else {}
    run = client.create_run(experiment, run_name=f"sweep {sweep_id}", tags=tags | process_tags())
    return str(run.info.run_id)
