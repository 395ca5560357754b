"""Runs in MLflow: opened with their facts, logged synchronously, closed with a true status."""

import getpass
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.types.schema import Schema, TensorSpec

from pipeline.config.tracking import Store
from pipeline.data.prepared import Meta, input_name
from pipeline.errors import PipelineError
from pipeline.tracking import store
from pipeline.tracking.tracker import OpenRun, RunFacts, Tracker, ending, open_in_memory

_PARAMS_IN_A_BATCH = 100
_LONGEST_PARAM = 6000
_REQUIREMENTS = ("keras", "numpy", "tensorflow")
_CONTEXTS = {"train": "training", "validation": "validation", "test": "testing"}


def open_run(kind: Store) -> OpenRun:
    """The way runs are opened in a kind of store."""
    return open_in_memory if kind is Store.memory else open_in_mlflow


class MlflowTracker:
    """The record of one run in MLflow."""

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        self.run_id = run_id
        self._client = client
        self.status = "RUNNING"

    def log_metrics(self, metrics: Mapping[str, float], *, step: int) -> None:
        now = time.time_ns() // 1_000_000
        points = [Metric(name, value, now, step) for name, value in metrics.items()]
        self._client.log_batch(self.run_id, metrics=points, synchronous=True)

    def set_tag(self, name: str, value: str) -> None:
        self._client.set_tag(self.run_id, name, value)

    def log_file(self, path: Path, *, folder: str = "") -> None:
        self._client.log_artifact(self.run_id, str(path), folder or None)

    def log_model(self, model: Any, meta: Meta, *, step: int) -> None:
        """Logs the model in its own flavour.

        Requirements are given, because MLflow's way of finding them takes many seconds, and no input example is,
        because that crashes for Keras.
        """
        mlflow.set_experiment(experiment_id=self._client.get_run(self.run_id).info.experiment_id)
        Model.log(
            None,
            name="model",
            flavor=mlflow.keras,
            run_id=self.run_id,
            step=step,
            model=model,
            signature=signature(meta),
            pip_requirements=[f"{name}=={version(name)}" for name in _REQUIREMENTS],
        )


@contextmanager
def open_in_mlflow(facts: RunFacts) -> Iterator[Tracker]:
    """Opens a run of the experiment `facts.name` with parameters, tags and data sets, and closes it truthfully."""
    client = store.client()
    run = client.create_run(store.experiment_id(client, facts.name), run_name=facts.name, tags=_with_user(facts.tags))
    tracker = MlflowTracker(client, run.info.run_id)
    try:
        with ending(tracker.__setattr__):
            _log_facts(client, tracker, facts)
            yield tracker
    finally:
        client.set_terminated(tracker.run_id, tracker.status)


def _attach(run_id: str) -> tuple[MlflowClient, Tracker]:
    """The record of a run that has ended, for what is learnt of it later; its status stays as it is."""
    client = store.client()
    if not exists(client, run_id):
        raise PipelineError(
            f"the tracking store {store.uri()} does not have the run of this model",
            received=run_id,
            expected="Train it again with: dvc repro --force <stage>",
        )
    return client, MlflowTracker(client, run_id)


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
    for step, metrics in sorted(by_step.items()):
        named = {f"test/{name}": value for name, value in metrics.items()}
        tracker.log_metrics(
            {name: value for name, value in named.items() if not _logged(client, run_id, name, step)}, step=step
        )
    for name, (low, high) in intervals.items():
        client.set_tag(run_id, f"test/{name}.interval_95", f"{low:.6g} to {high:.6g}")
    client.log_inputs(run_id, datasets=[data_set(meta, "test", data_folder)])
    for figure in sorted((output / "figures").glob("*.png")):
        tracker.log_file(figure, folder="figures")
    for name in ("metrics.json", "history.csv"):
        tracker.log_file(output / name)


def _logged(client: MlflowClient, run_id: str, name: str, step: int) -> bool:
    return any(point.step == step for point in client.get_metric_history(run_id, name))


def missing_runs(run_ids: Mapping[str, str]) -> list[str]:
    """Keys of those runs that the store does not hold."""
    client = store.client()
    return [key for key, run_id in run_ids.items() if not exists(client, run_id)]


def exists(client: MlflowClient, run_id: str) -> bool:
    """Whether the store holds a run that was not deleted."""
    try:
        return str(client.get_run(run_id).info.lifecycle_stage) == "active"
    except MlflowException:
        return False


def flattened(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Settings by dotted names: `{"a": {"b": 1}}` becomes `{"a.b": "1"}`; lists stay whole, as JSON."""
    flat: dict[str, str] = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            flat |= flattened(value, f"{name}.")
        else:
            flat[name] = value if isinstance(value, str) else json.dumps(value)
    return flat


def signature(meta: Meta) -> ModelSignature:
    """What the served model takes and gives."""
    if meta.table is None:
        inputs = [TensorSpec(np.dtype(meta.dtype), (-1, *meta.shape), name=None)]
    else:
        inputs = [TensorSpec(np.dtype(np.float64), (-1, 1), input_name(name)) for name in meta.table.numeric_columns]
        inputs += [TensorSpec(np.dtype(object), (-1, 1), input_name(name)) for name in meta.table.categorical_columns]
    return ModelSignature(Schema(inputs), Schema([TensorSpec(np.dtype(np.float32), (-1, meta.outputs))]))


def _with_user(tags: Mapping[str, str]) -> dict[str, str]:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        user = "unknown"
    return {**tags, "mlflow.user": user}


def _log_facts(client: MlflowClient, tracker: MlflowTracker, facts: RunFacts) -> None:
    params = [Param(name, value[:_LONGEST_PARAM]) for name, value in flattened(facts.settings).items()]
    for start in range(0, len(params), _PARAMS_IN_A_BATCH):
        client.log_batch(tracker.run_id, params=params[start : start + _PARAMS_IN_A_BATCH], synchronous=True)
    client.log_inputs(tracker.run_id, datasets=_data_sets(facts))
    client.log_dict(tracker.run_id, facts.settings, "config.yaml")
    if facts.patch:
        client.log_text(tracker.run_id, facts.patch, "diff.patch")


def _data_sets(facts: RunFacts) -> list[DatasetInput]:
    """Train and validation parts by their digests; the test part belongs to `evaluate`."""
    return [data_set(facts.meta, split, facts.data_folder) for split in ("train", "validation")]


def data_set(meta: Meta, split: str, folder: Path) -> DatasetInput:
    """One split as MLflow knows data sets."""
    shapes = {
        "features": [{"type": "tensor", "tensor-spec": {"dtype": meta.dtype, "shape": [-1, *meta.shape]}}],
        "targets": [{"type": "tensor", "tensor-spec": {"dtype": _target_dtype(meta), "shape": [-1]}}],
    }
    entity = Dataset(
        name=f"{meta.name}/{split}",
        digest=meta.digests[split],
        source_type="local",
        source=json.dumps({"uri": str(folder / split)}),
        schema=json.dumps({"mlflow_tensorspec": {key: json.dumps(value) for key, value in shapes.items()}}),
        profile=json.dumps({"num_rows": meta.rows[split]}),
    )
    return DatasetInput(entity, tags=[InputTag("mlflow.data.context", _CONTEXTS[split])])


def _target_dtype(meta: Meta) -> str:
    return "int32" if meta.task == "classification" else "float32"
