"""The record of one run in MLflow, in which nothing stands twice, however often its process was killed."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import LoggedModelStatus, Metric
from mlflow.models import Model, ModelSignature
from mlflow.types.schema import Schema, TensorSpec

from pipeline.data.prepared import Meta, input_name
from pipeline.tracking.tracker import Measurement

MODEL = "model"  # the name of a run's model in the store
_METRICS_IN_A_BATCH = 1000
_REQUIREMENTS = ("keras", "numpy", "tensorflow")


class MlflowTracker:
    """The record of one run, new or gone on with; everything is written before a call returns."""

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        self.run_id = run_id
        self.status = "RUNNING"
        self._client = client
        self._steps: dict[str, set[int]] = {}

    def log_metrics(self, measurements: Sequence[Measurement]) -> None:
        new: dict[tuple[str, int], Metric] = {}
        for measured in measurements:
            for name, value in measured.values.items():
                if measured.step not in self._held_steps(name):
                    new.setdefault(
                        (name, measured.step),
                        Metric(name, value, measured.timestamp, measured.step),
                    )
        metrics = list(new.values())
        for start in range(0, len(metrics), _METRICS_IN_A_BATCH):
            self._client.log_batch(
                self.run_id, metrics=metrics[start : start + _METRICS_IN_A_BATCH], synchronous=True
            )
        for name, step in new:
            self._steps[name].add(step)

    def _held_steps(self, name: str) -> set[int]:
        """Steps at which the store holds this metric; MLflow itself would add a second point with another time stamp."""
        if name not in self._steps:
            self._steps[name] = {
                point.step for point in self._client.get_metric_history(self.run_id, name)
            }
        return self._steps[name]

    def set_tag(self, name: str, value: str) -> None:
        self._client.set_tag(self.run_id, name, value)

    def log_file(self, path: Path, *, folder: str = "") -> None:
        self._client.log_artifact(self.run_id, str(path), folder or None)

    def log_model(self, model: Any, meta: Meta, *, step: int) -> None:
        """Logs the model in its own flavour, unless the store holds that of this step; a half-written one is deleted.

        Requirements are given, because MLflow's way of finding them takes many seconds, and no input example is,
        because that crashes for Keras.
        """
        run = self._client.get_run(self.run_id)
        found = self._client.search_logged_models(
            [run.info.experiment_id], f"source_run_id = '{self.run_id}' AND name = '{MODEL}'"
        )
        whole = {logged.model_id for logged in found if logged.status == LoggedModelStatus.READY}
        if any(
            output.model_id in whole and output.step == step for output in run.outputs.model_outputs
        ):
            return
        for logged in found:
            if logged.model_id not in whole:
                self._client.delete_logged_model(logged.model_id)
        mlflow.set_experiment(experiment_id=run.info.experiment_id)
        Model.log(
            None,
            name=MODEL,
            flavor=mlflow.keras,
            run_id=self.run_id,
            step=step,
            model=model,
            signature=signature(meta),
            pip_requirements=[f"{name}=={version(name)}" for name in _REQUIREMENTS],
        )


def signature(meta: Meta) -> ModelSignature:
    """What the served model takes and gives."""
    if meta.table is None:
        inputs = [TensorSpec(np.dtype(meta.dtype), (-1, *meta.shape), name=None)]
    else:
        inputs = [
            TensorSpec(np.dtype(np.float64), (-1, 1), input_name(name))
            for name in meta.table.numeric_columns
        ]
        inputs += [
            TensorSpec(np.dtype(object), (-1, 1), input_name(name))
            for name in meta.table.categorical_columns
        ]
    return ModelSignature(
        Schema(inputs), Schema([TensorSpec(np.dtype(np.float32), (-1, meta.outputs))])
    )
