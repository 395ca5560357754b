"""The record of one run in MLflow. A resumed run logs nothing twice."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelStatus, Metric
from mlflow.models.model import MLMODEL_FILE_NAME

from pipeline.data.prepared import Meta
from pipeline.tracking import connection, flavor, metric_rows, names, notes
from pipeline.tracking.facts import log_data_set, log_facts
from pipeline.tracking.faults import reported
from pipeline.tracking.liveness import set_status
from pipeline.tracking.tracker import Measurement, RunFacts, RunStatus

MODEL = "model"  # the name that MLflow shows for the model of a run
_METRICS_IN_A_BATCH = 1000


class MlflowTracker:
    """The record of one run. Each call returns after everything is written.

    Args:
        is_empty: whether the run was created just now, so that nothing in it has to be looked up.
    """

    def __init__(self, client: MlflowClient, run_id: str, *, is_empty: bool = False) -> None:
        self.run_id = run_id
        self.status: RunStatus = "RUNNING"
        self._client = client
        self._was_empty = is_empty
        self._may_have_models = not is_empty
        self._steps: dict[str, set[int]] = {}

    @reported()
    def log_metrics(self, measurements: Sequence[Measurement]) -> None:
        new: dict[tuple[str, int], Metric] = {}
        for measurement in measurements:
            step = measurement.step
            for key, value in measurement.values.items():
                name = names.path(key)
                if step not in self._logged_steps(name):
                    metric = Metric(name, value, measurement.timestamp, step)
                    new.setdefault((name, step), metric)
        self._log_batches(list(new.values()))
        for name, step in new:
            self._steps[name].add(step)

    def _logged_steps(self, name: str) -> set[int]:
        """The logged steps of a metric. MLflow would store a second point for each."""
        if name not in self._steps:
            points = [] if self._was_empty else self._client.get_metric_history(self.run_id, name)
            self._steps[name] = {point.step for point in points}
        return self._steps[name]

    @reported()
    def replace_metrics(self, measurements: Sequence[Measurement]) -> None:
        last = max((measurement.step for measurement in measurements), default=0)
        new: list[Metric] = []
        for measurement in measurements:
            for key, value in measurement.values.items():
                name = names.path(key)
                points = self._client.get_metric_history(self.run_id, name)
                later = [point.step for point in points if point.step > last]
                step = max([last, *later]) if measurement.step == last else measurement.step
                timestamp = _later_than(points, step, value, measurement.timestamp)
                if timestamp is not None:
                    new.append(Metric(name, value, timestamp, step))
        self._log_batches(new)

    def _log_batches(self, metrics: Sequence[Metric]) -> None:
        database = metric_rows.database_of(self._client.tracking_uri)
        if not metrics or (database and metric_rows.write(database, self.run_id, metrics)):
            return
        for start in range(0, len(metrics), _METRICS_IN_A_BATCH):
            self._client.log_batch(
                self.run_id, metrics=metrics[start : start + _METRICS_IN_A_BATCH], synchronous=True
            )

    @reported()
    def tag(self, name: str) -> str | None:
        tags: dict[str, str] = self._client.get_run(self.run_id).data.tags
        return tags.get(names.path(name))

    @reported()
    def set_tag(self, name: str, value: str) -> None:
        self._client.set_tag(self.run_id, names.path(name), names.tag_value(name, value))

    @reported()
    def write_note(self) -> None:
        notes.write(self._client, self.run_id, may_have_figures=not self._was_empty)

    @reported()
    def log_data_set(self, meta: Meta, split: str, folder: Path) -> None:
        log_data_set(self._client, self.run_id, meta, split, folder)

    @reported()
    def log_file(self, path: Path, *, folder: str = "") -> None:
        self._client.log_artifact(self.run_id, str(path), folder or None)

    @reported()
    def log_json(self, path: str, value: Any) -> None:
        self._client.log_dict(self.run_id, value, path)

    @reported()
    def log_facts(self, facts: RunFacts) -> None:
        log_facts(self._client, self.run_id, facts, is_empty=self._was_empty)

    @reported()
    def has_model(self, step: int) -> bool:
        outputs = self._client.get_run(self.run_id).outputs.model_outputs
        ready = {model_id for model_id, is_whole in self._models().items() if is_whole}
        return any(output.model_id in ready and output.step == step for output in outputs)

    def _models(self) -> dict[str, bool]:
        """The ids of the run's models, and whether each is whole. Its files may be deleted."""
        experiment = self._client.get_run(self.run_id).info.experiment_id
        models = self._client.search_logged_models(
            [experiment], f"source_run_id = '{self.run_id}' AND name = '{MODEL}'"
        )
        return {
            str(one.model_id): one.status == LoggedModelStatus.READY and self._has_files(one)
            for one in models
        }

    def _has_files(self, model: LoggedModel) -> bool:
        files = self._client.list_logged_model_artifacts(model.model_id)
        return MLMODEL_FILE_NAME in {file.path for file in files}

    @reported()
    def log_model(self, result: Path, *, step: int) -> None:
        """Logs the model in the flavour of this package, and deletes those that are not whole."""
        if self._may_have_models:
            if self.has_model(step):
                return
            for model_id, is_whole in self._models().items():
                if not is_whole:
                    self._client.delete_logged_model(model_id)
        self._may_have_models = True
        connection.bring_home()
        flavor.log(self._client, self._client.get_run(self.run_id), MODEL, result, step=step)

    @reported()
    def end(self, status: RunStatus) -> None:
        now = time.time_ns() // 1_000_000
        set_status(self._client, self.run_id, status, end_time=now)
        self.status = status


def _later_than(points: Sequence[Metric], step: int, value: float, timestamp: int) -> int | None:
    """A time after the other values of a step, because MLflow shows the latest value.

    None if the latest value is the same.
    """
    same_step = [point for point in points if point.step == step]
    latest = max(same_step, key=lambda point: (point.timestamp, point.value), default=None)
    if latest is None:
        return timestamp
    if latest.value == value or (math.isnan(latest.value) and math.isnan(value)):
        return None
    return max(timestamp, int(latest.timestamp) + 1)
