"""Runs that stand above others in MLflow: one for each sweep and search, however often it was begun."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities import Param, RunTag

from pipeline.runs import identity as lineage
from pipeline.tracking import store
from pipeline.tracking.facts import LONGEST_PARAM
from pipeline.tracking.liveness import close, close_dead, process_tags, set_status
from pipeline.tracking.mlflow_tracker import MlflowTracker
from pipeline.tracking.runs import user
from pipeline.tracking.tracker import Tracker, ending

_COMMANDS = {"sweep": "pipeline.train", "search": "pipeline.tune"}


@dataclass(frozen=True)
class Reached:
    """How far a run has come in all its processes, and whether it waits to go on."""

    epochs: float
    seconds: float
    paused: bool


def reached(run_id: str) -> Reached:
    """What the record of a run says of its length."""
    run = store.client().get_run(run_id)
    return Reached(
        run.data.metrics["epoch"], run.data.metrics["seconds"], run.info.status == "SCHEDULED"
    )


@contextmanager
def open_parent(
    kind: str, experiment: str, identifier: str, params: Mapping[str, str]
) -> Iterator[Tracker]:
    """Opens the parent run, that of an earlier process if there is one, and closes it truthfully.

    Args:
        kind: `sweep` or `search`: the tag `sweep_id` or `search_id` is what it is found by.
        params: said once: the same sweep may be given with its values in another order.
    """
    client = store.client()
    found = store.experiment_id(client, experiment)
    close_dead(client)
    with store.lock():
        run_id = _earlier(client, found, kind, identifier) or _made(client, found, kind, identifier)
    held = client.get_run(run_id).data.params
    said = [Param(key, value[:LONGEST_PARAM]) for key, value in params.items() if key not in held]
    client.log_batch(run_id, params=said, synchronous=True)
    tracker = MlflowTracker(client, run_id)
    try:
        with ending(tracker.__setattr__):
            yield tracker
    finally:
        close(client, run_id, tracker.status)
        close_dead(client)  # trials whose process was killed


def _earlier(client: MlflowClient, experiment: str, kind: str, identifier: str) -> str | None:
    same = f"tags.kind = '{kind}' AND tags.{kind}_id = '{identifier}'"
    found = client.search_runs([experiment], same, max_results=1)
    if not found:
        return None
    run_id = str(found[0].info.run_id)
    # First the tags: a RUNNING run of a dead process would be closed.
    client.log_batch(
        run_id, tags=[RunTag(key, value) for key, value in process_tags().items()], synchronous=True
    )
    set_status(client, run_id, "RUNNING", end_time=0)
    return run_id


def _made(client: MlflowClient, experiment: str, kind: str, identifier: str) -> str:
    git = lineage.git_state()
    tags = {
        "kind": kind,
        f"{kind}_id": identifier,
        "mlflow.user": user(),
        "mlflow.source.name": _COMMANDS[kind],
    }
    tags |= {"git.commit": git.commit, "git.dirty": str(git.dirty).lower()} if git else {}
    run = client.create_run(experiment, run_name=f"{kind} {identifier}", tags=tags | process_tags())
    return str(run.info.run_id)
