"""The embedded store: a real SQLite database in a temporary folder."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from pipeline import layout
from pipeline.tracking import connection
from tests.support import warm
from tests.support.refusals import refusal

pytestmark = pytest.mark.usefixtures("in_empty_folder")


@pytest.fixture(scope="module")
def new_store(tmp_path_factory):
    """The `mlruns/` of a new store: creating it takes seconds."""
    folder = tmp_path_factory.mktemp("created")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        connection.client()
    return folder / "mlruns"


@pytest.fixture
def client(new_store, in_empty_folder):
    shutil.copytree(new_store, in_empty_folder / "mlruns")
    return connection.client()


@pytest.mark.usefixtures("client")
def test_store_lies_under_mlruns(tmp_path):
    assert connection.uri() == f"sqlite:///{tmp_path}/mlruns/mlflow.db"
    assert (tmp_path / "mlruns/mlflow.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["mlruns"]


def test_temporary_copy_uses_the_store_of_the_repository(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "repository"))
    assert layout.mlruns() == tmp_path / "repository/mlruns"


def test_environment_may_name_a_server(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5001")
    assert connection.uri() == "http://127.0.0.1:5001"


@pytest.mark.usefixtures("client")
def test_writers_do_not_block_each_other(tmp_path):
    with closing(sqlite3.connect(tmp_path / "mlruns/mlflow.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_artifacts_lie_under_mlruns(client, tmp_path):
    experiment = client.get_experiment(connection.experiment_id(client, "toy"))
    assert experiment.name == "toy"
    assert experiment.artifact_location == f"file://{tmp_path}/mlruns/artifacts/toy"


def test_experiment_is_created_once(client):
    assert connection.experiment_id(client, "toy") == connection.experiment_id(client, "toy")


def test_experiment_of_another_machine_is_used(client, monkeypatch):
    experiment_id = connection.experiment_id(client, "toy")
    look_up, names = client.get_experiment_by_name, []

    def get(name: str) -> object:
        names.append(name)
        return None if len(names) == 1 else look_up(name)

    monkeypatch.setattr(client, "get_experiment_by_name", get)
    assert connection.experiment_id(client, "toy") == experiment_id


def test_damaged_store_is_refused(tmp_path):
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns/mlflow.db").write_text("no database at all, " * 100)
    assert refusal(connection.client) == (
        f"the tracking store sqlite:///{tmp_path}/mlruns/mlflow.db failed: its file is not a "
        "database. Received: file is not a database. Restore a copy, or move the file away to "
        "begin a new store."
    )


def test_empty_file_is_not_taken_for_a_new_store(tmp_path):
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns/mlflow.db").touch()
    assert refusal(connection.client) == (
        f"{tmp_path}/mlruns/mlflow.db is empty. Received: 0 bytes. Restore a copy, or move it away "
        "to begin a new store: runs that DVC does not carry are then trained again."
    )
    assert (tmp_path / "mlruns/mlflow.db").stat().st_size == 0


def test_database_of_another_program_is_refused(tmp_path):
    (tmp_path / "mlruns").mkdir()
    with closing(sqlite3.connect(tmp_path / "mlruns/mlflow.db")) as database:
        database.execute("CREATE TABLE songs (name TEXT)")
    assert refusal(connection.client).startswith(
        f"{tmp_path}/mlruns/mlflow.db is not a database of MLflow. "
    )


def test_log_of_a_missing_database_is_not_played_into_a_new_one(tmp_path):
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns/mlflow.db-wal").write_bytes(b"changes")
    assert refusal(connection.client) == (
        f"{tmp_path}/mlruns/mlflow.db is missing, but the log of its last changes is there. "
        f"Received: {tmp_path}/mlruns/mlflow.db-wal. Restore the database, or move this file away "
        "as well to begin a new store."
    )


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("foo://user:S3/CR#ET@host", "foo://host"),
        ("http://user:S3CRET@[::1/x", "http://[::1/x"),
        ("mysql+foo://user:S3CRET@host/db", "mysql+foo://host/db"),
    ],
)
def test_password_of_the_uri_is_not_in_the_error(monkeypatch, uri, shown):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    text = refusal(connection.client)
    assert text.startswith(f"opening the tracking store {shown} failed. Received: ")
    assert "S3" not in text


FOUR_PROCESSES = """
import os, sys, traceback
from pipeline.tracking import connection

def write(name):
    client = connection.client()
    run = client.create_run(connection.experiment_id(client, "toy"), run_name=name)
    client.log_metric(run.info.run_id, "loss", 1.0)
    client.set_terminated(run.info.run_id)

def forked(name):
    child = os.fork()  # so that MLflow is imported once
    if child != 0:
        return child
    try:
        write(name)
        os._exit(0)
    finally:
        traceback.print_exc()
        os._exit(1)

children = [forked(name) for name in "0123"]
sys.exit(max(os.waitpid(child, 0)[1] for child in children))
"""


def test_four_processes_create_a_store_in_parallel(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.snippet", FOUR_PROCESSES],
        env=os.environ | warm.variables(),
        stderr=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    client = connection.client()
    runs = client.search_runs([connection.experiment_id(client, "toy")])
    assert sorted(run.info.run_name for run in runs) == ["0", "1", "2", "3"]
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_half_created_store_is_created_again(tmp_path):
    code = (
        "import os, signal; from pipeline.tracking import connection;"
        "from mlflow.store.db import utils;"
        "whole = utils._initialize_tables;"
        "end = lambda: os.kill(os.getpid(), signal.SIGKILL);"
        "utils._initialize_tables = lambda engine: (whole(engine), end());"
        "connection.client()"
    )
    command = [sys.executable, "-m", "tests.support.snippet", code]
    done = subprocess.run(command, env=os.environ | warm.variables(), check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "mlruns/mlflow.db").exists()
    assert connection.experiment_id(connection.client(), "toy")
