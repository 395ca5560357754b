"""Opens, resumes and closes MLflow runs, and closes those of dead processes.

The functions are the methods of `pipeline.tracking.stores.Store`.
"""

import getpass
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from mlflow import MlflowClient
from mlflow.entities import Param, Run, RunTag
from mlflow.exceptions import MlflowException

from pipeline.errors import PipelineError, StoreError
from pipeline.runs import git
from pipeline.tracking import connection, names
from pipeline.tracking.faults import reported
from pipeline.tracking.liveness import close_dead, set_status
from pipeline.tracking.mlflow_tracker import MlflowTracker
from pipeline.tracking.processes import lives, process_tags
from pipeline.tracking.system_metrics import monitored
from pipeline.tracking.tracker import RunFacts, ending

# The codes of an unknown run, and of a text that is not a run id.
_NO_SUCH_RUN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
_COMMANDS = {
    "sweep": "pipeline.sweep",
    "search": "pipeline.tune",
    "comparison": "pipeline.compare",
}


@contextmanager
def open_run(
    facts: RunFacts, *, run_id: str | None = None, new: bool = False
) -> Iterator[MlflowTracker]:
    """Opens the record of a run, or reopens it."""
    client = connection.client()
    with reported():
        experiment = connection.experiment_id(client, facts.name)
        close_dead(client)
        with connection.lock():  # several processes may want to resume a run: one gets it
            run = None if new else _resumable(client, experiment, facts, run_id)
            used = _resume(client, run) if run else _create(client, experiment, facts)
            tracker = MlflowTracker(client, used, is_empty=run is None)
    with ending(tracker):
        tracker.log_facts(facts)
        with _monitoring(client, tracker.run_id, facts):
            yield tracker


@contextmanager
def open_parent(
    kind: str, experiment: str, identifier: str, params: Mapping[str, str]
) -> Iterator[MlflowTracker]:
    """Opens the record of a sweep, search or comparison, or reopens it."""
    client = connection.client()
    with reported():
        experiment_id = connection.experiment_id(client, experiment)
        close_dead(client)
        with connection.lock():
            same = f"tags.kind = '{kind}' AND tags.{kind}_id = '{identifier}'"
            runs = client.search_runs([experiment_id], same, max_results=1)
            tracker = MlflowTracker(
                client,
                _take_over(client, runs[0])
                if runs
                else _create_parent(client, experiment_id, kind, identifier),
            )
    store_failed = False
    try:
        with ending(tracker):
            _log_new_params(client, tracker.run_id, params)
            yield tracker
            tracker.write_note()
    except StoreError:
        store_failed = True
        raise
    finally:
        if not store_failed:
            close_dead(client)  # a trial's process may have been killed


@reported()
def attach(run_id: str) -> MlflowTracker:
    """The record of an ended run."""
    client = connection.client()
    close_dead(client)
    if not _exists(client, run_id):
        raise PipelineError(
            f"the tracking store {connection.shown_uri()} does not have the run of this model",
            received=run_id,
            expected=connection.remedy("<stage>"),
        )
    return MlflowTracker(client, run_id)


@reported()
def missing(run_ids: Iterable[str]) -> set[str]:
    """The runs that the store does not have, or has deleted."""
    client = connection.client()
    close_dead(client)
    return {run_id for run_id in run_ids if not _exists(client, run_id)}


def _monitoring(client: MlflowClient, run_id: str, facts: RunFacts) -> AbstractContextManager[None]:
    """Logs the load of the machine, if the settings say so."""
    return monitored(client, run_id) if facts.system_metrics else nullcontext()


def _resumable(
    client: MlflowClient, experiment: str, facts: RunFacts, run_id: str | None
) -> Run | None:
    """The run of the checkpoint, or the newest unfinished one with the same run key.

    A run of a live process on this host is left out, unless the checkpoint names it.
    """
    if run_id is not None:
        return client.get_run(run_id) if _exists(client, run_id) else None
    if "run_key" not in facts.tags:
        return None
    same_key = f"tags.run_key = '{facts.tags['run_key']}' AND attributes.status != 'FINISHED'"
    runs = client.search_runs([experiment], same_key, order_by=["attributes.start_time DESC"])
    return next(
        (run for run in runs if run.info.status != "RUNNING" or not lives(run.data.tags)), None
    )


def _resume(client: MlflowClient, run: Run) -> str:
    count = int(run.data.tags.get("resumed", 0)) + 1
    return _take_over(client, run, resumed=str(count))


def _take_over(client: MlflowClient, run: Run, **tags: str) -> str:
    """Makes this process the owner of a run. The run's other tags stay."""
    run_id = str(run.info.run_id)
    batch = [RunTag(name, value) for name, value in {**process_tags(), **tags}.items()]
    # Tags come first: another process would close a RUNNING run that names a dead process.
    client.log_batch(run_id, tags=batch, synchronous=True)
    set_status(client, run_id, "RUNNING", end_time=0)
    return run_id


def _create(client: MlflowClient, experiment: str, facts: RunFacts) -> str:
    tags = {names.path(name): names.tag_value(name, value) for name, value in facts.tags.items()}
    tags |= process_tags() | {"mlflow.user": _user()}
    return str(client.create_run(experiment, run_name=facts.name, tags=tags).info.run_id)


def _create_parent(client: MlflowClient, experiment: str, kind: str, identifier: str) -> str:
    tags = {
        "kind": kind,
        f"{kind}_id": identifier,
        "mlflow.user": _user(),
        "mlflow.source.name": _COMMANDS[kind],
    }
    work_tree = git.state()
    if work_tree is not None:
        dirty = str(work_tree.dirty).lower()
        tags |= {"git.commit": work_tree.commit, "git.dirty": dirty}
    run = client.create_run(experiment, run_name=f"{kind} {identifier}", tags=tags | process_tags())
    return str(run.info.run_id)


def _log_new_params(client: MlflowClient, run_id: str, params: Mapping[str, str]) -> None:
    logged = client.get_run(run_id).data.params
    batch = [
        Param(name, names.value(value, names.LONGEST_PARAM))
        for name, value in ((names.path(key), value) for key, value in params.items())
        if name not in logged
    ]
    with reported():
        client.log_batch(run_id, params=batch, synchronous=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user id without a name
        return "unknown"


def _exists(client: MlflowClient, run_id: str) -> bool:
    try:
        return str(client.get_run(run_id).info.lifecycle_stage) == "active"
    except MlflowException as error:
        if error.error_code in _NO_SUCH_RUN:
            return False
        raise
