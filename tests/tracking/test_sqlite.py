"""A database that another process has locked: a real one, locked by a second connection."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.tracking import faults, sqlite
from tests.support import ROOT


@pytest.fixture
def database(tmp_path):
    path = str(tmp_path / "mlflow.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE numbers (number INTEGER)")
    return path


@pytest.fixture(autouse=True)
def _short_tries(monkeypatch):
    monkeypatch.setattr(sqlite, "_SECONDS_OF_A_TRY", 0.05)
    monkeypatch.setattr(sqlite, "SPEAKS_AFTER", 0.02)


@pytest.fixture
def locker(database):
    with closing(
        sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    ) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def test_locked_database_is_waited_for(database, locker, capsys):
    threading.Timer(0.3, locker.execute, ["COMMIT"]).start()
    with closing(sqlite.connect(database)) as connection:
        connection.execute("INSERT INTO numbers VALUES (7)")
        connection.cursor().executemany("INSERT INTO numbers VALUES (?)", [(8,), (9,)])
        connection.commit()
        assert connection.execute("SELECT number FROM numbers").fetchall() == [(7,), (8,), (9,)]
    assert capsys.readouterr().err == (
        "waiting for the tracking store (another process has locked its database)\n"
    )


def test_lock_for_ever_is_an_error_in_one_line(database, locker, monkeypatch):
    monkeypatch.setattr(sqlite, "GIVES_UP_AFTER", 0.1)
    with (
        closing(sqlite.connect(database)) as connection,
        pytest.raises(sqlite3.OperationalError) as caught,
    ):
        connection.execute("INSERT INTO numbers VALUES (7)")
    assert str(faults.in_one_line(caught.value, "sqlite:///mlflow.db")) == (
        "the tracking store sqlite:///mlflow.db failed: another process has locked its database. "
        "Received: database is locked. Wait until that process ends, or stop it, then run the "
        "same command again; it resumes."
    )


def test_full_disk_is_an_error_in_one_line(database):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA max_page_count = 3")
        with pytest.raises(sqlite3.OperationalError) as caught:
            connection.execute("INSERT INTO numbers VALUES (?)", ("x" * 100_000,))
    assert str(faults.in_one_line(caught.value, "sqlite:///mlflow.db")) == (
        "the tracking store sqlite:///mlflow.db failed: its disk is full. "
        "Received: database or disk is full. Free space, then run the same command again; "
        "it resumes."
    )


def test_error_in_a_statement_is_not_repeated(database):
    with (
        closing(sqlite.connect(database)) as connection,
        pytest.raises(sqlite3.OperationalError, match="no such table: letters"),
    ):
        connection.execute("INSERT INTO letters VALUES (7)")


def test_process_leaves_one_complete_file(database):
    """MLflow leaves its connections open."""
    lines = [
        "from pipeline.preloading.ending import end_after",
        "from pipeline.tracking import sqlite",
        f"connection = sqlite.connect({database!r})",
        "connection.execute('PRAGMA journal_mode=WAL')",
        "connection.execute('INSERT INTO numbers VALUES (1)')",
        "connection.commit()",
        "end_after(lambda: None)",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=ROOT, check=True)
    assert not Path(f"{database}-wal").exists()
