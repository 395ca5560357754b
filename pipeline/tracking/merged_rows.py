"""Brings the rows of another database into the store of this project, by SQL.

See `pipeline.tracking.merging` for the rules of a merge.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.layout import mlruns
from pipeline.tracking import home, sqlite

# SQL that turns the other store's numbers of experiments and data sets into ours.
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


def merge(database: Path) -> None:
    """Merges the rows of another database, in one transaction.

    The caller holds `connection.lock`, and has merged the files that the rows name.

    Args:
        database: has the schema of this project's store, and names files in this project.
    """
    with beside(database) as store:
        add(store)


@contextmanager
def beside(database: Path) -> Iterator[sqlite.PatientConnection]:
    """Opens the store of this project, with another database as `theirs`."""
    with closing(sqlite.connect(str(mlruns() / home.DATABASE))) as store:
        store.execute("ATTACH DATABASE ? AS theirs", (str(database),))
        yield store


def add(store: sqlite.PatientConnection) -> None:
    """Adds the rows of `theirs`, in one transaction."""
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
    """Inserts the rows of a table that ours lacks.

    Args:
        update: the condition under which their row replaces ours.
        values: expressions for columns that hold numbers of the other store. None for a column that
            keeps the greater value.
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
