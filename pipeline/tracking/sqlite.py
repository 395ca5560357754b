"""SQLite connections that wait for another process, and say so.

SQLite waits inside one call. Meanwhile Python can neither print nor answer a signal. Therefore a
statement on a locked database is tried again and again, each time for a second.
"""

import atexit
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar
from weakref import WeakSet

from pipeline.console import log

_SECONDS_OF_A_TRY = 1.0
SPEAKS_AFTER = 5.0
GIVES_UP_AFTER = 180.0

_P = ParamSpec("_P")
_T = TypeVar("_T")


class PatientCursor(sqlite3.Cursor):
    """Repeats a statement while another process locks the database."""

    def execute(self, sql: str, *parameters: Any) -> "PatientCursor":
        # MLflow sets a time of its own at the beginning of each session.
        if sql.startswith("PRAGMA busy_timeout"):
            return self
        patiently(super().execute, sql, *parameters)
        return self

    def executemany(self, sql: str, *parameters: Any) -> "PatientCursor":
        patiently(super().executemany, sql, *parameters)
        return self


class PatientConnection(sqlite3.Connection):
    """A connection with patient cursors. It is closed at the end of the process."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        _opened.add(self)

    def cursor(self, *_: Any) -> PatientCursor:  # type: ignore[override]
        return super().cursor(PatientCursor)

    def execute(self, sql: str, *parameters: Any) -> PatientCursor:
        return self.cursor().execute(sql, *parameters)

    def commit(self) -> None:
        patiently(super().commit)


_opened: WeakSet[PatientConnection] = WeakSet()


@atexit.register
def _close_all() -> None:
    """Closes the connections of MLflow's pools, so that the database is one complete file."""
    for connection in list(_opened):
        with suppress(sqlite3.Error):
            connection.close()


def patience() -> dict[str, Any]:
    """The parameters of a connection that waits."""
    return {"timeout": _SECONDS_OF_A_TRY, "factory": PatientConnection}


def patiently(statement: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Calls a function of SQLite until the database is not locked, for up to three minutes.

    Raises:
        sqlite3.OperationalError: the database is still locked, or anything else is wrong.
    """
    begin, spoken = time.monotonic(), False
    while True:
        try:
            return statement(*args, **kwargs)
        except sqlite3.OperationalError as error:
            waited = time.monotonic() - begin
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or waited > GIVES_UP_AFTER:
                raise
            if waited > SPEAKS_AFTER and not spoken:
                spoken = True
                log("waiting for the tracking store (another process has locked its database)")


def connect(database: str) -> PatientConnection:
    """Opens a database, outside MLflow."""
    connection: PatientConnection = sqlite3.connect(database, **patience())
    return connection
