"""Brings the runs that DVC carries into the embedded store, when it is opened.

So after `dvc pull`, every command finds them, with their ids, times and values. A run that the
store has, or that someone has deleted from it, stays as it is. The exception: a run that was never
tested here gets the tests of its record.

Files come first, and the rows that name them last, in one transaction. So a kill loses nothing, and
the next command completes it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.evaluation import looks
from pipeline.files import state_of
from pipeline.layout import mlruns
from pipeline.runs import carried
from pipeline.runs.carried import CarriedModel, CarriedRun, Entry, Points
from pipeline.runs.folder import RunFolder
from pipeline.tracking import home, merged_rows, names, sqlite
from pipeline.tracking.evaluation import SHOWN

_READY = 2  # the status of a model in MLflow's database


def bring_runs() -> None:
    """Brings in the runs that the store lacks. The caller holds `connection.lock`."""
    database = mlruns() / home.DATABASE
    if files := carried.indexes():
        _bring_runs(_states(files), database, database.stat().st_ino)


def bring_looks() -> None:
    """Adds the looks at test splits that DVC carries to the ledger of this project."""
    if files := carried.indexes():
        _bring_looks(_states(files), mlruns())


_States = tuple[tuple[Path, tuple[int, ...]], ...]


def _states(files: Sequence[Path]) -> _States:
    return tuple((file, state_of(file)) for file in files)


@lru_cache(maxsize=1)  # a process brings them in again only after a change
def _bring_looks(states: _States, _: Path) -> None:
    looks.join(carried.looks(file for file, _ in states))


@lru_cache(maxsize=1)
def _bring_runs(states: _States, database: Path, _: int) -> None:
    lacking = _lacking(carried.entries(file for file, _ in states), database)
    runs = [run for entry in lacking for run in _with_files(entry)]
    if not runs:
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder, home.DATABASE)
        _write_rows(runs, copy, schema=_schema(database))
        merged_rows.merge(copy)
    of = ", ".join(sorted({run.name for run in runs}))
    count = f"{len(runs):,} runs" if len(runs) > 1 else "a run"
    log(f"brought {count} that DVC carries into {mlruns()}: {of}")


def _lacking(entries: Sequence[Entry], database: Path) -> list[Entry]:
    """The runs that the store does not have, or has without their test."""
    with closing(sqlite.connect(str(database))) as store:
        query = (
            "SELECT runs.run_uuid, lifecycle_stage, value FROM runs LEFT JOIN tags"
            ' ON tags.run_uuid = runs.run_uuid AND "key" = ?'
        )
        there = {run_id: state for run_id, *state in store.execute(query, (SHOWN,))}
    untested = ["active", None]
    return [
        entry
        for entry in entries
        if entry.run_id not in there or (there[entry.run_id] == untested and entry.evaluations)
    ]


def _with_files(entry: Entry) -> Iterator[CarriedRun]:
    """Reads the record of a run and places its files. A damaged one is left out, with a warning."""
    try:
        run = carried.read(entry)
    except PipelineError as error:
        log(f"warning: the record that DVC carries for run {entry.run_id} is not used. {error}")
        return
    carried.place(run.files, entry, _files_of_run(run))
    for model in run.models:
        carried.place(model.files, entry, _files_of_model(run, model))
    folder = RunFolder(mlruns() / "checkpoints" / run.run_key, lasting=True)
    if run.result and folder.is_new:
        carried.place_result(run, entry, folder.result)
    yield run


def _place_of(experiment: str) -> Path:
    return mlruns() / home.ARTIFACTS / names.setting([experiment])


def _files_of_run(run: CarriedRun) -> Path:
    return _place_of(run.experiment) / run.run_id / "artifacts"


def _files_of_model(run: CarriedRun, model: CarriedModel) -> Path:
    return _place_of(run.experiment) / "models" / model.model_id / "artifacts"


def _schema(database: Path) -> list[str]:
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    with closing(sqlite.connect(str(database))) as store:
        return [text for (text,) in store.execute(query)]


def _write_rows(runs: Sequence[CarriedRun], database: Path, *, schema: Sequence[str]) -> None:
    """Writes a database that holds only these runs, as MLflow would."""
    experiments = {name: n for n, name in enumerate({run.experiment: None for run in runs}, 1)}
    with closing(sqlite.connect(str(database))) as store, store:
        for statement in schema:
            store.execute(statement)
        for run in runs:
            for table, values in _rows(run, experiments[run.experiment]):
                columns = ", ".join(f'"{name}"' for name in values)
                marks = ", ".join("?" * len(values))
                statement = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})"
                store.execute(statement, tuple(values.values()))


_Rows = Iterator[tuple[str, dict[str, Any]]]


def _rows(run: CarriedRun, experiment: int) -> _Rows:
    """The rows of a run, by their tables.

    Args:
        experiment: the number of its experiment in the database.
    """
    in_experiment, of_run = {"experiment_id": experiment}, {"run_uuid": run.run_id}
    yield (
        "experiments",
        {
            **in_experiment,
            "name": run.experiment,
            "artifact_location": _place_of(run.experiment).as_uri(),
            "lifecycle_stage": "active",
            "creation_time": run.started,
            "last_update_time": run.started,
        },
    )
    for name, text in run.experiment_tags.items():
        yield "experiment_tags", {**in_experiment, "key": name, "value": text}
    yield (
        "runs",
        {
            **of_run,
            **in_experiment,
            "name": run.name,
            "source_type": "UNKNOWN",
            "source_name": "",
            "entry_point_name": "",
            "user_id": run.user,
            "status": run.status,
            "start_time": run.started,
            "end_time": run.ended,
            "source_version": "",
            "lifecycle_stage": "active",
            "artifact_uri": _files_of_run(run).as_uri(),
        },
    )
    for table, texts in (("tags", run.tags), ("params", run.params)):
        for name, text in texts.items():
            yield table, {**of_run, "key": name, "value": text}
    for name, step, timestamp, value in _points(run.metrics):
        point = {"key": name, "step": step, "timestamp": timestamp, "value": value or 0.0}
        yield "metrics", {**of_run, **point, "is_nan": value is None}
    for data_set in run.data_sets:
        yield from _rows_of_data_set(data_set, run, experiment)
    for model in run.models:
        yield from _rows_of_model(model, run, experiment)


def _points(
    metrics: Mapping[str, Points],
) -> Iterator[tuple[str, int, int, float | None]]:
    return ((name, *point) for name, points in metrics.items() for point in points)


def _rows_of_data_set(data_set: Mapping[str, Any], run: CarriedRun, experiment: int) -> _Rows:
    name, digest = data_set["name"], data_set["digest"]
    number = _number("data set", run.experiment, name, digest)
    use = _number("input", run.run_id, name, digest)
    yield (
        "datasets",
        {
            "dataset_uuid": number,
            "experiment_id": experiment,
            "name": name,
            "digest": digest,
            "dataset_source_type": data_set["source_type"],
            "dataset_source": data_set["source"],
            "dataset_schema": data_set["schema"],
            "dataset_profile": data_set["profile"],
        },
    )
    yield "inputs", _link(use, ("DATASET", number), ("RUN", run.run_id))
    for name, value in data_set["tags"].items():
        yield "input_tags", {"input_uuid": use, "name": name, "value": value}


def _rows_of_model(model: CarriedModel, run: CarriedRun, experiment: int) -> _Rows:
    of_model = {"model_id": model.model_id, "experiment_id": experiment}
    yield (
        "logged_models",
        {
            **of_model,
            "name": model.name,
            "artifact_location": _files_of_model(run, model).as_uri(),
            "creation_timestamp_ms": model.created,
            "last_updated_timestamp_ms": model.updated,
            "status": _READY,
            "lifecycle_stage": "active",
            "model_type": model.kind,
            "source_run_id": run.run_id,
        },
    )
    for name, text in model.tags.items():
        yield "logged_model_tags", {**of_model, "tag_key": name, "tag_value": text}
    for name, text in model.params.items():
        yield "logged_model_params", {**of_model, "param_key": name, "param_value": text}
    for name, step, timestamp, value in _points(model.metrics):
        yield (
            "logged_model_metrics",
            {
                **of_model,
                "run_id": run.run_id,
                "metric_name": name,
                "metric_step": step,
                "metric_timestamp_ms": timestamp,
                "metric_value": value,
            },
        )
    use = _number("output", run.run_id, model.model_id)
    output = _link(use, ("RUN_OUTPUT", run.run_id), ("MODEL_OUTPUT", model.model_id))
    yield "inputs", {**output, "step": model.step}


def _link(number: str, source: tuple[str, str], target: tuple[str, str]) -> dict[str, Any]:
    """A row that connects a run with a data set or a model."""
    return {
        "input_uuid": number,
        "source_type": source[0],
        "source_id": source[1],
        "destination_type": target[0],
        "destination_id": target[1],
    }


def _number(*parts: str) -> str:
    """A number for a row, because the record has none. A repeated import gives the same one."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
