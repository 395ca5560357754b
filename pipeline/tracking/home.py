"""Lets the embedded store follow its folder when a project is moved, renamed or copied.

MLflow stores absolute locations of files. So a moved store would lose its files, and a copy would
write into the original. The table `pipeline_home` holds the folder to which the locations belong.
If it is not the present one, all locations below it change, in the same transaction.
"""

import re
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.tracking import sqlite

DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"
_TABLE = "pipeline_home"
# The columns of MLflow's schema that hold locations of files.
_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("trace_tags", "value"),
)
# What an earlier version of this package wrote, before there was a table.
_OURS = re.compile(rf"(file://.*?/mlruns)/{ARTIFACTS}/")


def settle(database: Path) -> bool:
    """Makes the locations in a store belong to the folder of its database.

    The caller locks out other processes.

    Returns:
        Whether the store had moved.
    """
    home = database.parent.as_uri()
    connection = sqlite.connect(str(database))
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        columns = [(table, column) for table, column in _COLUMNS if table in tables]
        is_recorded = _TABLE in tables
        before = _recorded(connection) if is_recorded else _guessed(connection, columns)
        if is_recorded and before == {home}:
            return False
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            _move_all(connection, columns, before - {home}, home)
            connection.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} (uri TEXT NOT NULL)")
            connection.execute(f"DELETE FROM {_TABLE}")
            connection.execute(f"INSERT INTO {_TABLE} VALUES (?)", (home,))
        return bool(before - {home})
    finally:
        connection.close()


def has_moved(database: Path) -> bool:
    """Whether the locations in a store belong to another folder, or none is recorded.

    Raises:
        sqlite3.Error: reading the database failed.
    """
    with closing(sqlite.connect(str(database))) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        return _TABLE not in tables or _recorded(connection) != {database.parent.as_uri()}


def move_all(connection: sqlite.PatientConnection, home: str) -> None:
    """Makes the locations in a copy of a store belong to another folder.

    Args:
        home: the URI of the folder.
    """
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    columns = [(table, column) for table, column in _COLUMNS if table in tables]
    before = _recorded(connection) if _TABLE in tables else _guessed(connection, columns)
    with connection:
        _move_all(connection, columns, before - {home}, home)


def _move_all(
    connection: sqlite.PatientConnection,
    columns: list[tuple[str, str]],
    before: set[str],
    home: str,
) -> None:
    for old in before:
        for table, column in columns:
            _move(connection, table, column, old, home)


def _recorded(connection: sqlite.PatientConnection) -> set[str]:
    return {uri for (uri,) in connection.execute(f"SELECT uri FROM {_TABLE}")}


def _guessed(connection: sqlite.PatientConnection, columns: list[tuple[str, str]]) -> set[str]:
    """The folders of a store without the table: it may have moved before."""
    locations = (
        location
        for table, column in columns
        for (location,) in connection.execute(f"SELECT DISTINCT {column} FROM {table}")
    )
    return {ours[1] for location in locations if location and (ours := _OURS.match(location))}


def _move(
    connection: sqlite.PatientConnection, table: str, column: str, old: str, new: str
) -> None:
    """Changes the beginning of locations, as URIs and as plain paths."""
    for before, after in ((old, new), (_path(old), _path(new))):
        connection.execute(
            f"UPDATE {table} SET {column} = ? || substr({column}, ?)"
            f" WHERE substr({column}, 1, ?) = ?",
            (after, len(before) + 1, len(before) + 1, f"{before}/"),
        )


def _path(uri: str) -> str:
    return unquote(urlsplit(uri).path)
