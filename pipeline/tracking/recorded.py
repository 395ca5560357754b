"""Reads what the tracking store holds of one run: tags, every point, and files."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlflow.exceptions import MlflowException

from pipeline.tracking import connection, names
from pipeline.tracking.facts import CONTEXT_OF_RAW, flattened
from pipeline.tracking.faults import reported

Steps = Mapping[str, Mapping[int, float]]


@dataclass(frozen=True)
class RecordedRun:
    """What the store holds of a run.

    Args:
        experiment: its name in the store.
        metrics: by name and step, the value that the store shows.
        times: when its history was measured, in milliseconds since 1970, by step.
        latest: by name, the value that a list of runs shows.
        files: the paths of the files at the top of the record.
        raw: the digest of each raw file, by `<source>/<file>`.
    """

    run_id: str
    experiment: str
    status: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Steps
    times: Mapping[int, int]
    latest: Mapping[str, float]
    files: frozenset[str]
    raw: Mapping[str, str]


def of_training(metrics: Steps) -> Steps:
    """The figures of a history."""
    starts = ("train/", "validation/", "running/", "learning_rate")
    return {name: steps for name, steps in metrics.items() if name.startswith(starts)}


def of_tests(metrics: Steps) -> Steps:
    """The figures of the test split, with those of the baselines."""
    return {name: steps for name, steps in metrics.items() if name.startswith("test/")}


def params_of(settings: Mapping[str, Any]) -> dict[str, str]:
    """The parameters that a run with these settings has in the store."""
    flat = flattened(settings).items()
    return {name: names.value(text, names.LONGEST_PARAM) for name, text in flat}


@reported()
def read(run_id: str) -> RecordedRun:
    """Reads the record of a run."""
    client = connection.client()
    run = client.get_run(run_id)
    metrics: dict[str, dict[int, float]] = {}
    times: dict[int, int] = {}
    for name in run.data.metrics:
        points = client.get_metric_history(run_id, name)
        latest = sorted(points, key=lambda point: (point.timestamp, point.value))
        metrics[name] = {point.step: point.value for point in latest}
        if name == "learning_rate":  # each point of a history has one
            times = {point.step: point.timestamp for point in latest}
    return RecordedRun(
        run_id=run_id,
        experiment=str(client.get_experiment(run.info.experiment_id).name),
        status=str(run.info.status),
        tags=dict(run.data.tags),
        params=dict(run.data.params),
        metrics=metrics,
        times=times,
        latest=dict(run.data.metrics),
        files=frozenset(file.path for file in client.list_artifacts(run_id)),
        raw={
            one.dataset.name: one.dataset.digest
            for one in run.inputs.dataset_inputs
            if CONTEXT_OF_RAW in {tag.value for tag in one.tags}
        },
    )


def metrics_in(database: Path, run_id: str) -> Steps:
    """The metrics of a run in the embedded store of another project; see `RecordedRun`.

    Reads without MLflow, because MLflow would keep the database open, even after it is replaced.
    """
    query = """SELECT key, step, CASE WHEN is_nan THEN 'nan' ELSE value END FROM metrics
        WHERE run_uuid = ? ORDER BY timestamp, value"""
    metrics: dict[str, dict[int, float]] = {}
    with closing(sqlite3.connect(database)) as store:
        for name, step, value in store.execute(query, (run_id,)):
            metrics.setdefault(name, {})[step] = float(value)
    return metrics


@contextmanager
def file_of(run: RecordedRun, name: str) -> Iterator[Path | None]:
    """A copy of a file of a run, for the length of a block. None if the record has no such file."""
    with TemporaryDirectory() as folder:
        yield _download(run.run_id, name, folder) if name in run.files else None


@reported()
def _download(run_id: str, name: str, folder: str) -> Path | None:
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    try:
        return Path(connection.client().download_artifacts(run_id, name, folder))
    except (MlflowException, OSError):
        return None
