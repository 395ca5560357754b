"""Brings the runs of another embedded store into that of this project.

Merging is a union. Ids, times and points stay, and nothing of this project is lost. If the stores
differ, a fixed rule decides: the record of the run that ended later stays, and the greater value of
a tag. So merges in any order give the same store.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.errors import PipelineError, StoreError
from pipeline.layout import mlruns
from pipeline.tracking import connection, home, merged_files, merged_rows, sqlite


@dataclass(frozen=True)
class Merged:
    """What a merge added.

    Args:
        runs: how many runs are new in this store.
        models: how many logged models are new in it.
        files: how many files were copied.
        content: see `content`.
    """

    runs: int
    models: int
    files: int
    content: str


def merge(other: Path) -> Merged:
    """Merges the store in another folder `mlruns` into that of this project.

    Files come first and the rows that name them last, in one transaction. So a kill loses nothing,
    and the same call completes the merge.

    Raises:
        PipelineError: the folder has no store, or a version of a registered model differs between
            the stores.
    """
    database = mlruns() / home.DATABASE
    theirs = other / home.DATABASE
    if not connection.is_embedded():
        raise PipelineError(
            "only the store in mlruns/ can be merged into",
            received=f"MLFLOW_TRACKING_URI={connection.shown_uri()}",
            expected="Unset MLFLOW_TRACKING_URI",
        )
    if not theirs.is_file():
        raise PipelineError(
            f"{theirs} is missing",
            received=other,
            expected="Name the folder mlruns/ of another project",
        )
    if theirs.resolve() == database.resolve():
        raise PipelineError("this is the store of this project", received=other)
    connection.client()
    with connection.lock(), TemporaryDirectory() as folder:
        copy = Path(folder, home.DATABASE)
        _copy(theirs, copy)
        with closing(sqlite.connect(str(copy))) as their_store:
            home.move_all(their_store, mlruns().as_uri())
        with merged_rows.beside(copy) as store:
            _require_one_schema(store, theirs)
            _require_no_conflict(store)
            files = merged_files.merge(other, mlruns())
            before = _counts(store)
            merged_rows.add(store)
            runs, models = (now - then for now, then in zip(_counts(store), before, strict=True))
    return Merged(runs, models, files, content())


def _copy(database: Path, target: Path) -> None:
    """Copies a database that another process may be writing."""
    with (
        closing(sqlite.connect(str(database))) as store,
        closing(sqlite.connect(str(target))) as copy,
    ):
        store.backup(copy)


def _require_one_schema(store: sqlite.PatientConnection, theirs: Path) -> None:
    ours, others = (
        store.execute(f"SELECT version_num FROM {schema}.alembic_version").fetchall()
        for schema in ("main", "theirs")
    )
    if ours != others:
        raise StoreError(
            f"{theirs} was written by another version of MLflow",
            received=f"schema {others[0][0]}, and here {ours[0][0]}",
            expected="Run any command of this version in the other project; it migrates the store",
        )


def _require_no_conflict(store: sqlite.PatientConnection) -> None:
    """Refuses a version or an alias of a registered model that names different models."""
    versions = store.execute(
        "SELECT name, version FROM theirs.model_versions AS one JOIN main.model_versions AS two"
        " USING (name, version) WHERE one.run_id IS NOT two.run_id"
    ).fetchall()
    aliases = store.execute(
        "SELECT name, alias FROM theirs.registered_model_aliases AS one"
        " JOIN main.registered_model_aliases AS two USING (name, alias)"
        " WHERE one.version <> two.version"
    ).fetchall()
    for kind, conflicts in (("version", versions), ("alias", aliases)):
        if conflicts:
            name, which = conflicts[0]
            raise PipelineError(
                f"both stores have the {kind} {which} of the registered model {name}, and mean "
                "different models",
                received=f"{len(conflicts)} of them",
                expected="Rename the model in one of the stores",
            )


def _counts(store: sqlite.PatientConnection) -> tuple[int, int]:
    runs, models = (
        int(store.execute(f"SELECT count(*) FROM main.{table}").fetchone()[0])
        for table in ("runs", "logged_models")
    )
    return runs, models


# What a store holds, without the numbers that it gives to experiments and data sets.
_CONTENT = {
    "experiments": "SELECT name, lifecycle_stage FROM experiments",
    "runs": "SELECT run_uuid, runs.name, status, start_time, end_time, runs.lifecycle_stage,"
    " experiments.name FROM runs JOIN experiments USING (experiment_id)",
    "params": 'SELECT run_uuid, "key", value FROM params',
    "tags": 'SELECT run_uuid, "key", value FROM tags',
    "metrics": 'SELECT run_uuid, "key", step, timestamp, value, is_nan FROM metrics',
    "latest_metrics": 'SELECT run_uuid, "key", step, timestamp, value FROM latest_metrics',
    "inputs": "SELECT destination_id, datasets.name, digest FROM inputs"
    " JOIN datasets ON dataset_uuid = source_id",
    "logged_models": "SELECT model_id, name, status, source_run_id FROM logged_models",
    "model_versions": "SELECT name, version, run_id FROM model_versions",
    "aliases": "SELECT name, alias, version FROM registered_model_aliases",
}


def content() -> str:
    """sha256 of what the store of this project holds, wherever it lies and however it was made.

    It covers runs, their points, tags and data sets, models, and the files of records and results.
    """
    digest = hashlib.sha256()
    with closing(sqlite.connect(str(mlruns() / home.DATABASE))) as store:
        for name, query in _CONTENT.items():
            for line in sorted(_lines(store, query)):
                digest.update(f"{name} {line}\n".encode())
    for line in merged_files.listing(mlruns()):
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def _lines(store: sqlite.PatientConnection, query: str) -> Iterator[str]:
    rows: Any = store.execute(query)
    return (json.dumps(row) for row in rows)
