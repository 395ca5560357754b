"""A project that is moved or copied: its store names files of its own folder, and no other's."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from pipeline.tracking import connection, home
from tests.support.stores import add_store


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A project with a run, its file, a logged model and a registered one."""
    folder = tmp_path_factory.mktemp("original")
    add_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        client = connection.client()
        run = client.create_run(connection.experiment_id(client, "toy"), tags={"first": "1"})
        client.log_text(run.info.run_id, "seed: 1", "config.yaml")
        model = client.create_logged_model(run.info.experiment_id, source_run_id=run.info.run_id)
        client.create_registered_model("best")
        client.create_model_version("best", model.artifact_location, model_id=model.model_id)
    return folder


@pytest.fixture
def copy(project, tmp_path, monkeypatch) -> Path:
    """A copy of the project, and the current folder."""
    folder = shutil.copytree(project, tmp_path / "a copy", symlinks=True)
    monkeypatch.chdir(folder)
    return folder


def locations(folder: Path) -> set[str]:
    """All locations of files in the database of a project."""
    with closing(sqlite3.connect(folder / "mlruns/mlflow.db")) as database:
        return {
            location
            for query in (
                "SELECT artifact_location FROM experiments",
                "SELECT artifact_uri FROM runs",
                "SELECT artifact_location FROM logged_models",
                "SELECT source FROM model_versions",
                "SELECT storage_location FROM model_versions",
            )
            for (location,) in database.execute(query)
        }


def run_of(client: MlflowClient) -> str:
    (run,) = client.search_runs(
        [client.get_experiment_by_name("toy").experiment_id], "tags.first = '1'"
    )
    return str(run.info.run_id)


def test_copy_names_its_own_files(project, copy):
    before = locations(project)
    connection.client()
    assert locations(copy) == {
        location.replace(project.as_uri(), copy.as_uri()).replace(str(project), str(copy))
        for location in before
    }
    assert len(before) == 4  # the default experiment has a plain path, the others have URIs
    assert locations(project) == before


def test_move_is_said_once(copy, capsys):
    connection.client()
    assert capsys.readouterr().err == (
        f"the project has moved: the records in {copy}/mlruns now name its files there\n"
    )
    connection.client()
    assert capsys.readouterr().err == ""


def test_copy_writes_only_into_itself(project, copy):
    before = sorted(project.rglob("*"))
    client = connection.client()
    old, new = run_of(client), client.create_run(connection.experiment_id(client, "toy"))
    for run_id in (old, new.info.run_id):
        client.log_text(run_id, "x", "new.txt")
        assert len(list(copy.rglob(f"{run_id}/artifacts/new.txt"))) == 1
    assert sorted(project.rglob("*")) == before


def test_moved_files_are_found(copy):
    client = connection.client()
    text = mlflow.artifacts.load_text(f"runs:/{run_of(client)}/config.yaml")
    assert text == "seed: 1"


def test_store_of_an_earlier_version_moves(project, copy):
    with closing(sqlite3.connect("mlruns/mlflow.db")) as database:
        database.execute("DROP TABLE pipeline_home")
    connection.client()
    assert [location for location in locations(copy) if str(project) in location] == []


def test_location_elsewhere_stays(copy):
    elsewhere = "s3://bucket/mlruns/artifacts/toy"
    with closing(sqlite3.connect("mlruns/mlflow.db")) as database, database:
        database.execute("UPDATE runs SET artifact_uri = ?", (elsewhere,))
    connection.client()
    assert elsewhere in locations(copy)


def test_neighbour_with_a_longer_name_stays(copy, project):
    neighbour = f"{project.as_uri()}/mlruns2/artifacts/toy"
    with closing(sqlite3.connect("mlruns/mlflow.db")) as database, database:
        database.execute("UPDATE runs SET artifact_uri = ?", (neighbour,))
    connection.client()
    assert neighbour in locations(copy)


@pytest.mark.parametrize("name", ["a b", "50% a%20b?#", "it's", "zürich"])
def test_folder_may_have_any_name(project, tmp_path, monkeypatch, name):
    folder = shutil.copytree(project, tmp_path / name)
    monkeypatch.chdir(folder)
    client = connection.client()
    client.log_text(run_of(client), "x", "new.txt")
    assert len(list(folder.rglob("artifacts/new.txt"))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_symbolic_link_to_a_project_is_the_same_project(project, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(project)
    monkeypatch.chdir(tmp_path / "link")
    before = locations(project)
    connection.client()
    assert locations(project) == before


def test_store_elsewhere_is_never_changed(project, tmp_path, monkeypatch):
    folder = shutil.copytree(project, tmp_path / "elsewhere")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlruns/mlflow.db")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    connection.client()
    assert locations(folder) == locations(project)


def test_own_store_may_be_named_by_the_environment(project, copy, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlruns/mlflow.db")
    connection.client()
    assert [location for location in locations(copy) if str(project) in location] == []
    mlflow.set_tracking_uri(None)


def test_new_files_come_home_from_another_container(copy):
    connection.client()
    with closing(sqlite3.connect("mlruns/mlflow.db")) as database, database:
        # Another container opens the same folder at the path /elsewhere.
        database.execute("UPDATE pipeline_home SET uri = 'file:///elsewhere/mlruns'")
        database.execute("UPDATE experiments SET artifact_location = 'file:///elsewhere/mlruns/x'")
    connection.bring_home()
    assert f"{copy.as_uri()}/mlruns/x" in locations(copy)


def test_store_that_has_not_moved_is_only_read(copy):
    connection.client()
    (copy / "mlruns/mlflow.db").chmod(0o444)
    before = (copy / "mlruns/mlflow.db").stat().st_mtime_ns
    assert not home.settle(copy / "mlruns/mlflow.db")
    assert (copy / "mlruns/mlflow.db").stat().st_mtime_ns == before
