"""Turns errors of a tracking store into one line, and says when the store is slow."""

import errno
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import mlflow
from mlflow.exceptions import MlflowException, RestException
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import StoreError
from pipeline.redaction import without_password
from pipeline.tracking import server

# The errors of reading and writing a store.
FAULTS = (MlflowException, SQLAlchemyError, sqlite3.Error, OSError)
_AGAIN = "then run the same command again; it resumes"
_FULL = ("its disk is full", f"Free space, {_AGAIN}")
_OF_SQLITE = {
    sqlite3.SQLITE_BUSY: (
        "another process has locked its database",
        f"Wait until that process ends, or stop it, {_AGAIN}",
    ),
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: ("its disk failed", f"Check the disk and its free space, {_AGAIN}"),
    sqlite3.SQLITE_READONLY: (
        "writing its database failed",
        f"Allow this user to write mlruns/ and its files, {_AGAIN}",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "opening its database failed",
        "Check that the folder exists, and that this user may write it",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "its database is damaged",
        "Restore a copy, or move the database away to begin a new store",
    ),
    sqlite3.SQLITE_NOTADB: (
        "its file is not a database",
        "Restore a copy, or move the file away to begin a new store",
    ),
}


@contextmanager
def reported() -> Iterator[None]:
    """Says when a server keeps the block waiting, and turns faults of the store into one line.

    Errors that MLflow reports about the request itself stay as they are.

    Raises:
        StoreError: the store is locked, full, damaged, or does not answer.
    """
    uri = mlflow.get_tracking_uri()
    with server.watched(uri) if server.is_server(uri) else nullcontext():
        try:
            yield
        except FAULTS as error:
            line = in_one_line(error, uri)
            if line is None:
                raise
            raise line from error


def in_one_line(error: BaseException, uri: str) -> StoreError | None:
    """The message for a fault of the store; None for any other error."""
    for cause in _causes(error):
        code = getattr(cause, "sqlite_errorcode", None)
        number = cause.errno if isinstance(cause, OSError) else None
        if code is not None and (code & 0xFF) in _OF_SQLITE:
            return _fault(uri, *_OF_SQLITE[code & 0xFF], received=cause)
        if number in (errno.ENOSPC, errno.EDQUOT):
            return _fault(uri, *_FULL, received=cause)
    if server.is_server(uri) and _is_of_the_connection(error):
        return server.silent(uri, server.reason_of(error))
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _fault(uri: str, what: str, remedy: str, *, received: BaseException) -> StoreError:
    return StoreError(
        f"the tracking store {without_password(uri)} failed: {what}",
        received=str(received).splitlines()[0],
        expected=remedy,
    )


def _is_of_the_connection(error: BaseException) -> bool:
    """Whether MLflow could not send a request, as opposed to an answer that refuses it."""
    return (
        isinstance(error, MlflowException)
        and not isinstance(error, RestException)
        and re.match("API request to .* failed with (timeout )?exception", str(error)) is not None
    )
