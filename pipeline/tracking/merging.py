"""Brings the runs of another embedded store into that of this project.

Merging is a union. Ids, times and points are kept, and nothing of this project is lost. Where both
stores have another value for the same thing, a fixed order decides: the record of a run that ended
later, and the greater value of a tag. So any order of any number of merges gives the same store.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.errors import PipelineError, StoreError
from pipeline.layout import mlruns
from pipeline.tracking import connection, home, merged_files, sqlite

DATABASE = "mlflow.db"

# How a table that belongs to runs or models names the rows of experiments.
_EXPERIMENT = "(SELECT ours FROM temp.experiments_of WHERE theirs = experiment_id)"
_DATASET = "coalesce((SELECT ours FROM temp.datasets_of WHERE theirs = {column}), {column})"
# The record of a run that ended later is the newer one.
_NEWER = (
    "(coalesce(excluded.end_time, 0), excluded.lifecycle_stage = 'active', excluded.status,"
    " coalesce(excluded.name, '')) >"
    " (coalesce(runs.end_time, 0), runs.lifecycle_stage = 'active', runs.status,"
    " coalesce(runs.name, ''))"
)
_GREATER = "max({table}.value, excluded.value)"


@dataclass(frozen=True)
class Merged:
    """What a merge added.

    Args:
        runs: how many runs are new in this store.
        models: how many logged models are.
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
        PipelineError: the folder has no store, or both stores have another version of a registered
            model.
    """
    database = mlruns() / DATABASE
    theirs = other / DATABASE
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
        copy = Path(folder, DATABASE)
        _copy(theirs, copy)
        with closing(sqlite.connect(str(copy))) as their_store:
            home.move_all(their_store, mlruns().as_uri())
        with _beside(copy) as store:
            _require_one_schema(store, theirs)
            _require_no_conflict(store)
            files = merged_files.merge(other, mlruns())
            before = _counts(store)
            _merge_rows(store)
            runs, models = (now - then for now, then in zip(_counts(store), before, strict=True))
    return Merged(runs, models, files, content())


def merge_rows(database: Path) -> None:
    """Merges the rows of another database, in one transaction.

    The caller holds `connection.lock`, and has merged the files that the rows name.

    Args:
        database: has the schema of this project's store, and names files in this project.
    """
    with _beside(database) as store:
        _merge_rows(store)


@contextmanager
def _beside(database: Path) -> Iterator[sqlite.PatientConnection]:
    """Opens the store of this project, with another database as `theirs`."""
    with closing(sqlite.connect(str(mlruns() / DATABASE))) as store:
        store.execute("ATTACH DATABASE ? AS theirs", (str(database),))
        yield store


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
    """Refuses two meanings of one version or alias of a registered model."""
    versions = store.execute(
        "SELECT name, version FROM theirs.model_versions AS one JOIN main.model_versions AS two"
        " USING (name, version) WHERE one.run_id IS NOT two.run_id"
    ).fetchall()
    aliases = store.execute(
        "SELECT name, alias FROM theirs.registered_model_aliases AS one"
        " JOIN main.registered_model_aliases AS two USING (name, alias)"
        " WHERE one.version <> two.version"
    ).fetchall()
    for kind, found in (("version", versions), ("alias", aliases)):
        if found:
            name, which = found[0]
            raise PipelineError(
                f"both stores have the {kind} {which} of the registered model {name}, and mean "
                "different models",
                received=f"{len(found)} of them",
                expected="Rename the model in one of the stores",
            )


def _counts(store: sqlite.PatientConnection) -> tuple[int, int]:
    runs, models = (
        int(store.execute(f"SELECT count(*) FROM main.{table}").fetchone()[0])
        for table in ("runs", "logged_models")
    )
    return runs, models


def _merge_rows(store: sqlite.PatientConnection) -> None:
    with store:
        store.execute("BEGIN IMMEDIATE")
        _merge_experiments(store)
        _insert(store, "runs", update=_NEWER, experiment_id=_EXPERIMENT)
        _insert(store, "params", value=None)
        _insert(store, "tags", value=None)
        _insert(store, "metrics")
        _renew_latest(store)
        _merge_data_sets(store)
        _merge_models(store)


def _merge_experiments(store: sqlite.PatientConnection) -> None:
    columns = [name for name in _columns(store, "experiments") if name != "experiment_id"]
    names = ", ".join(columns)
    store.execute(
        f"INSERT OR IGNORE INTO main.experiments ({names}) SELECT {names} FROM theirs.experiments"
    )
    store.execute(
        "UPDATE main.experiments SET lifecycle_stage = 'active' WHERE name IN"
        " (SELECT name FROM theirs.experiments WHERE lifecycle_stage = 'active')"
    )
    store.execute(
        "CREATE TEMP TABLE experiments_of AS"
        " SELECT one.experiment_id AS theirs, two.experiment_id AS ours"
        " FROM theirs.experiments AS one JOIN main.experiments AS two USING (workspace, name)"
    )
    _insert(store, "experiment_tags", experiment_id=_EXPERIMENT, value=None)


def _merge_data_sets(store: sqlite.PatientConnection) -> None:
    _insert(store, "datasets", experiment_id=_EXPERIMENT)
    store.execute(
        "CREATE TEMP TABLE datasets_of AS"
        " SELECT one.dataset_uuid AS theirs, two.dataset_uuid AS ours"
        " FROM theirs.datasets AS one"
        " JOIN temp.experiments_of ON experiments_of.theirs = one.experiment_id"
        " JOIN main.datasets AS two ON two.experiment_id = experiments_of.ours"
        " AND two.name = one.name AND two.digest = one.digest"
    )
    _insert(
        store,
        "inputs",
        source_id=_DATASET.format(column="source_id"),
    )
    store.execute(
        "INSERT OR IGNORE INTO main.input_tags SELECT * FROM theirs.input_tags"
        " WHERE input_uuid IN (SELECT input_uuid FROM main.inputs)"
    )


def _merge_models(store: sqlite.PatientConnection) -> None:
    _insert(store, "logged_models", experiment_id=_EXPERIMENT)
    _insert(store, "logged_model_params", experiment_id=_EXPERIMENT)
    _insert(store, "logged_model_tags", experiment_id=_EXPERIMENT)
    _insert(
        store,
        "logged_model_metrics",
        experiment_id=_EXPERIMENT,
        dataset_uuid=_DATASET.format(column="dataset_uuid"),
    )
    for table in (
        *("registered_models", "registered_model_tags", "model_versions"),
        *("model_version_tags", "registered_model_aliases"),
    ):
        _insert(store, table)


def _insert(
    store: sqlite.PatientConnection, table: str, *, update: str | None = None, **values: str | None
) -> None:
    """Inserts the rows of a table that are not there.

    Args:
        update: the condition under which a row of theirs takes the place of ours.
        values: expressions for columns that name rows by numbers of the other store. None for a
            column of which the greater value stays.
    """
    columns = _columns(store, table)
    read = ", ".join(values.get(name) or name for name in columns)
    conflict = "DO NOTHING"
    if update is not None:
        assigned = ", ".join(f"{name} = excluded.{name}" for name in columns)
        conflict = f"DO UPDATE SET {assigned} WHERE {update}"
    elif None in values.values():
        conflict = f"DO UPDATE SET value = {_GREATER.format(table=table)}"
    keys = ", ".join(_keys(store, table))
    store.execute(
        f"INSERT INTO main.{table} ({', '.join(columns)}) SELECT {read} FROM theirs.{table}"
        f" WHERE true ON CONFLICT ({keys}) {conflict}"
    )


def _columns(store: sqlite.PatientConnection, table: str) -> list[str]:
    rows = store.execute(f"PRAGMA main.table_info({table})").fetchall()
    return [f'"{row[1]}"' if row[1] == "key" else str(row[1]) for row in rows]


def _keys(store: sqlite.PatientConnection, table: str) -> list[str]:
    rows = store.execute(f"PRAGMA main.table_info({table})").fetchall()
    return [f'"{row[1]}"' for row in rows if row[5]]


def _renew_latest(store: sqlite.PatientConnection) -> None:
    """Computes what lists of runs show, for the runs of the other store, as MLflow does."""
    store.execute(
        "DELETE FROM main.latest_metrics WHERE run_uuid IN (SELECT run_uuid FROM theirs.runs)"
    )
    store.execute(
        'INSERT INTO main.latest_metrics ("key", value, timestamp, step, is_nan, run_uuid)'
        ' SELECT "key", value, timestamp, step, is_nan, run_uuid FROM ('
        "  SELECT *, row_number() OVER ("
        '   PARTITION BY run_uuid, "key" ORDER BY step DESC, timestamp DESC, value DESC) AS place'
        "  FROM main.metrics WHERE run_uuid IN (SELECT run_uuid FROM theirs.runs))"
        " WHERE place = 1"
    )


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
    with closing(sqlite.connect(str(mlruns() / DATABASE))) as store:
        for name, query in _CONTENT.items():
            for line in sorted(_lines(store, query)):
                digest.update(f"{name} {line}\n".encode())
    for line in merged_files.listing(mlruns()):
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def _lines(store: sqlite.PatientConnection, query: str) -> Iterator[str]:
    rows: Any = store.execute(query)
    return (json.dumps(row) for row in rows)
