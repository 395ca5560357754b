"""SQLite connections that wait for another process, and say so.

SQLite waits in one call, in which Python can neither print nor answer a signal. Therefore a
statement on a locked database is tried again and again, each time for a second.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

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
    """A connection with patient cursors."""

    def cursor(self, *_: Any) -> PatientCursor:  # type: ignore[override]
        return super().cursor(PatientCursor)

    def execute(self, sql: str, *parameters: Any) -> PatientCursor:
        return self.cursor().execute(sql, *parameters)

    def commit(self) -> None:
        patiently(super().commit)


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
