"""Writes the records of runs next to the outputs of a stage, for DVC to carry.

See `pipeline.runs.carried`. The records may come from a tracking server too.
"""

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelStatus, Metric, Run

from pipeline.errors import PipelineError
from pipeline.evaluation import looks
from pipeline.files import digests_below, replacing_folder, sha256, write_sealed
from pipeline.layout import mlruns
from pipeline.runs import carried
from pipeline.runs.carried import CarriedModel, CarriedRun, Points
from pipeline.runs.record import FILE
from pipeline.runs.result import of_run
from pipeline.tracking import connection, notes, pages
from pipeline.tracking.evaluation import SHOWN
from pipeline.tracking.facts import CONTEXT, CONTEXTS
from pipeline.tracking.faults import reported

TRAIN, EVALUATE, REPEAT = "train", "evaluate", "repeat"  # the stages
_T = TypeVar("_T")
_LARGEST = 1.7976931348623157e308  # MLflow's database holds infinity as this
# What later commands add to a run. The output of `train` leaves it out, whenever `train` runs.
_ADDED_LATER = (
    *("test/", "test.", SHOWN, "baseline", "repeat.", "reproduced", "certificate/"),
    *("figures/", "metrics.json", "predictions.npz", "history.csv", notes.TAG),
)


def carry(output: Path, stage: str, run_ids: Sequence[str], *, store: str) -> None:
    """Writes the folder of a stage.

    Args:
        output: the folder of the experiment in `outputs/`.
        run_ids: the runs of the stage.
        store: the name of the tracking store. Only records in MLflow are carried.
    """
    recorded = list(dict.fromkeys(run_ids)) if store == "mlflow" else []
    with replacing_folder(carried.folder_of(output, stage)) as folder:
        runs = [_record(run_id, output, folder / carried.FILES) for run_id in recorded]
        if stage == TRAIN:
            runs = [_as_trained(run) for run in runs]
            _keep_only(_digests(runs), folder / carried.FILES)
        for run in runs:
            write_sealed(folder / f"{run.run_id}.json", asdict(run))
        entries = {
            run.run_id: {"run_key": run.run_key, "evaluation": run.tags.get(SHOWN)} for run in runs
        }
        lines = [] if stage == TRAIN else looks.read().lines_on_rows_of(run_ids)
        write_sealed(folder / carried.INDEX, {"runs": entries, "looks": lines})


def _as_trained(run: CarriedRun) -> CarriedRun:
    """The record without what later commands have added."""
    return replace(
        run,
        tags=_of_training(run.tags),
        metrics=_of_training(run.metrics),
        files=_of_training(run.files),
        data_sets=[one for one in run.data_sets if one["tags"] != {CONTEXT: CONTEXTS["test"]}],
    )


def _of_training(values: Mapping[str, _T]) -> dict[str, _T]:
    return {name: value for name, value in values.items() if not name.startswith(_ADDED_LATER)}


def _digests(runs: Sequence[CarriedRun]) -> set[str]:
    by_path = [files for run in runs for files in (run.files, run.result)]
    by_path += [model.files for run in runs for model in run.models]
    return {digest for files in by_path for digest in files.values()}


def _keep_only(digests: set[str], folder: Path) -> None:
    for file in folder.glob("*"):
        if file.name not in digests:
            file.unlink()


@reported()
def _record(run_id: str, output: Path, folder: Path) -> CarriedRun:
    """Reads a record, and copies its files to a folder under their sha256."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    client = connection.client()
    run = client.get_run(run_id)
    experiment = client.get_experiment(run.info.experiment_id)
    key = str(run.data.tags["run_key"])
    with TemporaryDirectory() as temporary:
        source = Path(client.download_artifacts(run_id, "", temporary))
        files = _copied(source, digests_below(source), folder)
    return CarriedRun(
        run_id=run_id,
        run_key=key,
        experiment=str(experiment.name),
        experiment_tags=pages.without(experiment.tags),
        name=str(run.info.run_name),
        user=str(run.info.user_id or ""),
        status=str(run.info.status),
        started=int(run.info.start_time),
        ended=int(run.info.end_time or 0),
        tags=dict(run.data.tags),
        params=dict(run.data.params),
        metrics={
            name: _points(client.get_metric_history(run_id, name)) for name in run.data.metrics
        },
        data_sets=_data_sets(run),
        models=_models(client, run, folder),
        files=files,
        result=_result(run_id, [mlruns() / "checkpoints" / key / "result", output], folder),
    )


def _result(run_id: str, places: Sequence[Path], folder: Path) -> dict[str, str]:
    """Copies the result of a run from the first place that has it unchanged."""
    for place in places:
        with suppress(PipelineError):
            files = of_run(place, run_id).files
            return _copied(place, files | {FILE: sha256(place / FILE)}, folder)
    return {}


def _copied(source: Path, files: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Copies files to a folder, under their sha256. Returns each sha256 by path."""
    folder.mkdir(exist_ok=True)
    for name, digest in files.items():
        if not (folder / digest).exists():
            shutil.copyfile(source / name, folder / digest)
    return dict(files)


def _points(points: Sequence[Metric]) -> Points:
    return sorted(
        ((point.step, point.timestamp, _value(point.value)) for point in points),
        key=lambda point: (point[0], point[1], str(point[2])),
    )


def _value(value: float) -> float | None:
    """A value that JSON can hold."""
    return None if math.isnan(value) else max(-_LARGEST, min(_LARGEST, value))


def _data_sets(run: Run) -> list[dict[str, Any]]:
    data_sets = [
        {
            "name": one.dataset.name,
            "digest": one.dataset.digest,
            "source_type": one.dataset.source_type,
            "source": one.dataset.source,
            "schema": one.dataset.schema,
            "profile": one.dataset.profile,
            "tags": {tag.key: tag.value for tag in one.tags},
        }
        for one in run.inputs.dataset_inputs
    ]
    return sorted(data_sets, key=lambda one: (one["name"], one["digest"]))


def _models(client: MlflowClient, run: Run, folder: Path) -> list[CarriedModel]:
    """The models of a run with files in the store."""
    steps = {one.model_id: one.step for one in run.outputs.model_outputs}
    models = client.search_logged_models(
        [run.info.experiment_id], f"source_run_id = '{run.info.run_id}'"
    )
    whole = [
        _model(model, steps[model.model_id], folder)
        for model in models
        if model.status == LoggedModelStatus.READY
        and model.model_id in steps
        and client.list_logged_model_artifacts(model.model_id)
    ]
    return sorted(whole, key=lambda model: model.model_id)


def _model(model: LoggedModel, step: int, folder: Path) -> CarriedModel:
    points: dict[str, list[Metric]] = {}
    for point in model.metrics or []:
        points.setdefault(point.key, []).append(point)
    with TemporaryDirectory() as temporary:
        uri = model.artifact_location  # by `models:/…`, MLflow would add a file
        source = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=temporary))
        files = _copied(source, digests_below(source), folder)
    return CarriedModel(
        model_id=model.model_id,
        name=model.name,
        step=step,
        created=model.creation_timestamp,
        updated=model.last_updated_timestamp,
        kind=model.model_type,
        tags=dict(model.tags),
        params=dict(model.params),
        metrics={name: _points(points[name]) for name in sorted(points)},
        files=files,
    )
