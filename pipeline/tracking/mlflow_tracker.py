"""The record of one run in MLflow. A resumed run logs nothing twice."""

import time
from collections.abc import Sequence
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModelStatus, Metric
from mlflow.models import Model

from pipeline.data.prepared import Meta
from pipeline.tracking import flavor
from pipeline.tracking.facts import log_data_set
from pipeline.tracking.liveness import set_status
from pipeline.tracking.tracker import Measurement, RunStatus

MODEL = "model"  # the name that MLflow shows for the model of a run
_METRICS_IN_A_BATCH = 1000


class MlflowTracker:
    """The record of one run. Each call returns after everything is written."""

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        self.run_id = run_id
        self.status: RunStatus = "RUNNING"
        self._client = client
        self._steps: dict[str, set[int]] = {}

    def log_metrics(self, measurements: Sequence[Measurement]) -> None:
        new: dict[tuple[str, int], Metric] = {}
        for measurement in measurements:
            step = measurement.step
            for name, value in measurement.values.items():
                if step not in self._logged_steps(name):
                    metric = Metric(name, value, measurement.timestamp, step)
                    new.setdefault((name, step), metric)
        metrics = list(new.values())
        for start in range(0, len(metrics), _METRICS_IN_A_BATCH):
            self._client.log_batch(
                self.run_id, metrics=metrics[start : start + _METRICS_IN_A_BATCH], synchronous=True
            )
        for name, step in new:
            self._steps[name].add(step)

    def _logged_steps(self, name: str) -> set[int]:
        """The logged steps of a metric. MLflow would store a second point for each."""
        if name not in self._steps:
            points = self._client.get_metric_history(self.run_id, name)
            self._steps[name] = {point.step for point in points}
        return self._steps[name]

    def set_tag(self, name: str, value: str) -> None:
        self._client.set_tag(self.run_id, name, value)

    def log_data_set(self, meta: Meta, split: str, folder: Path) -> None:
        log_data_set(self._client, self.run_id, meta, split, folder)

    def log_file(self, path: Path, *, folder: str = "") -> None:
        self._client.log_artifact(self.run_id, str(path), folder or None)

    def log_model(self, result: Path, *, step: int) -> None:
        """Logs the model in the flavour of this package, and deletes those that are not ready."""
        run = self._client.get_run(self.run_id)
        models = self._client.search_logged_models(
            [run.info.experiment_id], f"source_run_id = '{self.run_id}' AND name = '{MODEL}'"
        )
        ready = {one.model_id for one in models if one.status == LoggedModelStatus.READY}
        outputs = run.outputs.model_outputs
        if any(output.model_id in ready and output.step == step for output in outputs):
            return
        for unready in {one.model_id for one in models} - ready:
            self._client.delete_logged_model(unready)
        mlflow.set_experiment(experiment_id=run.info.experiment_id)
        Model.log(None, name=MODEL, flavor=flavor, run_id=self.run_id, step=step, result=result)

    def end(self, status: RunStatus) -> None:
        now = time.time_ns() // 1_000_000
        set_status(self._client, self.run_id, status, end_time=now)
        self.status = status
