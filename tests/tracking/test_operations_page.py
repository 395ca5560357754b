"""The commands of docs/operations.md, on a store with a run that failed and one that finished."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from pipeline import experiment
from pipeline.serving import loading
from pipeline.tracking import connection
from tests.support import pages, warm
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.stores import add_store
from tests.support.toy import config_of

PAGE = "operations.md"
# `tests/end_to_end/test_dvc.py` runs the line about the cache.
SIZES, FREE, _CACHE, COLLECT, SAVE, RESTORE, _UPGRADE = pages.blocks(PAGE, "sh")
DELETE, BACK_UP = pages.blocks(PAGE, "python")


def shell(block: str) -> str:
    return subprocess.run(
        ["bash", "-ec", block],
        env=os.environ | warm.variables(),
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture(scope="module")
def trained(repository):
    """A project with two runs. The page deletes `failed` as if it had failed."""
    add_store(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        for folder in ("outputs", ".dvc/cache"):
            Path(folder).mkdir(parents=True)
        data = ("data=pairs", "model=linear", "training.xla=false")
        finished, failed = (
            experiment.run(config_of(repository, *data, "tracking=mlflow", f"seed={seed}")).run_id
            for seed in (1, 2)
        )
        connection.client().set_terminated(failed, "FAILED")
    return repository, finished, failed


@pytest.fixture
def runs(trained, tmp_path, monkeypatch):
    """The ids of both runs. The current folder is a copy of their project."""
    folder, finished, failed = trained
    monkeypatch.chdir(shutil.copytree(folder, tmp_path / "project"))
    connection.client()  # after a move, a command comes before MLflow's own tools
    return finished, failed


def stored() -> set[str]:
    with closing(sqlite3.connect("mlruns/mlflow.db")) as store:
        return {run_id for (run_id,) in store.execute("SELECT run_uuid FROM runs")}


def test_sizes_are_printed(runs):
    assert "mlruns/mlflow.db" in shell(SIZES)
    assert runs[0] in stored()


def test_freed_disk_leaves_records_and_models(runs):
    finished, failed = runs
    assert len(list(Path().glob("mlruns/checkpoints/*/result"))) == 2
    shell(FREE)
    assert list(Path().glob("mlruns/checkpoints/*/result")) == []
    assert stored() == {finished, failed}
    assert loading.load(finished[:8]).card.run_id == finished


def test_failed_runs_are_deleted_with_their_models(runs):
    finished, failed = runs
    # MLflow keeps a connection for each address, whatever the current folder is.
    exec(DELETE.replace("sqlite:///", f"sqlite:///{Path.cwd()}/"))
    assert len(list(Path().glob("mlruns/artifacts/*/models/*/artifacts"))) == 2
    shell(COLLECT)
    assert stored() == {finished}
    assert list(Path().glob(f"mlruns/artifacts/*/{failed}/artifacts")) == []
    assert len(list(Path().glob("mlruns/artifacts/*/models/*/artifacts"))) == 1


def test_backup_holds_changes_that_are_not_in_the_database_yet(runs):
    with closing(sqlite3.connect("mlruns/mlflow.db")) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE runs SET name = 'renamed'")
        writer.commit()
        Path("../plain").mkdir()
        shutil.copy("mlruns/mlflow.db", "../plain/mlflow.db")
        exec(BACK_UP)
        shell(SAVE)
    shell(RESTORE)
    assert names("../plain/mlflow.db") != names("mlruns/mlflow.db") == {"renamed"}
    assert loading.load(runs[0][:8]).card.run_id == runs[0]


def names(database: str) -> set[str]:
    with closing(sqlite3.connect(database)) as store:
        return {name for (name,) in store.execute("SELECT name FROM runs")}
