"""What `dvc repro` runs again, on two small experiments that are really trained."""

import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.support.project import Project
from tests.support.stores import add_store

PARAMS = {
    "sources": ["diabetes", "iris"],
    "own_files": {},
    "data": {"diabetes": "diabetes", "iris_setosa": "iris"},
    "experiments": {
        "iris_perceptron": {"data": "iris_setosa"},
        "diabetes_mlp": {"data": "diabetes"},
    },
    "repeats": {"diabetes_mlp": {"data": "diabetes", "seeds": [1, 2]}},
    "overrides": ["training.epochs=2", "training.xla=false", "tracking.log_model=false"],
}
LOOP = "pipeline/training/loop.py"
TRAINED = {"train@diabetes_mlp", "train@iris_perceptron"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("project"))
    project.write_yaml("params.yaml", PARAMS)
    project.commit()
    add_store(project.folder)
    project.run("dvc", "repro")
    return project


@contextmanager
def edited(project: Project, name: str, old: str, new: str) -> Iterator[set[str]]:
    """The stages that would run again after an edit. The edit is undone at the end.

    The composed files keep the edit until the next `dvc repro`.
    """
    original = project.replace(name, old, new)
    project.run("dvc", "repro", "compose")
    yield set(json.loads(project.run("dvc", "status", "--json").stdout))
    project.write(name, original)


def trainings(stages: set[str]) -> set[str]:
    return {stage for stage in stages if stage.startswith("train@")}


def test_second_repro_runs_nothing(project):
    assert "Running stage" not in project.run("dvc", "repro").stdout


def test_every_experiment_has_its_files(project):
    for name in PARAMS["experiments"]:
        files = {path.name for path in (project.folder / "outputs" / name).iterdir()}
        assert files - {"seeds.json"} == {
            "model.keras",
            "history.csv",
            "run.json",
            "metrics.json",
            "figures",
            "snapshots",
        }


def test_repeated_experiment_has_its_seeds(project):
    seeds = json.loads(project.read("outputs/diabetes_mlp/seeds.json"))["seeds"]
    assert sorted(seeds) == ["1", "2"]


def test_report_names_every_experiment(project):
    text = project.read("outputs/report.md")
    assert all(f"| {name} | " in text for name in PARAMS["experiments"])


def test_comment_in_conf_retrains_nothing(project):
    with edited(
        project, "conf/experiment/iris_perceptron.yaml", "batch_size: 1 #", "batch_size: 1 # still"
    ) as stages:
        assert trainings(stages) == set()


def test_learning_rate_retrains_only_its_experiment(project):
    with edited(project, "conf/experiment/iris_perceptron.yaml", "1.0e-01", "2.0e-01") as stages:
        assert trainings(stages) == {"train@iris_perceptron"}


def test_setting_of_a_family_retrains_its_experiments(project):
    with edited(project, "conf/model/mlp.yaml", "dropout: 0.0", "dropout: 0.1") as stages:
        assert trainings(stages) == {"train@diabetes_mlp"}


def test_claim_retrains_nothing(project):
    with edited(
        project, "conf/experiment/diabetes_mlp.yaml", "at_least: 0.40", "at_least: 0.41"
    ) as stages:
        assert trainings(stages) == set()


def test_code_reruns_the_stages_of_the_table(project):
    """One real edit. `tests/test_dependencies.py` holds the whole table to the digests."""
    with edited(project, LOOP, "def train(", "EDITED = True\n\ndef train(") as stages:
        assert stages == {*TRAINED, "repeat@diabetes_mlp", "report"}


def test_comment_in_code_reruns_nothing(project):
    with edited(project, LOOP, "def train(", "# A comment.\ndef train(") as stages:
        assert stages == set()


def test_data_setting_prepares_only_its_variant(project):
    with edited(
        project, "conf/data/diabetes.yaml", "target: progression", "target: progression\nrows: 400"
    ) as stages:
        assert [stage for stage in stages if stage.startswith("prepare")] == ["prepare@diabetes"]


def test_new_lock_file_keeps_the_tree_clean(project):
    with sqlite3.connect(project.folder / "mlruns/mlflow.db") as store:
        rows = store.execute("select distinct value from tags where key = 'git.dirty'").fetchall()
    assert (project.folder / "dvc.lock").exists()
    assert rows == [("false",)]


def trainers(project: Project) -> list[psutil.Process]:
    """Processes that train in the project's folder."""
    processes = psutil.process_iter(["cmdline", "cwd"])
    return [
        process
        for process in processes
        if "--resolved" in (process.info["cmdline"] or [])
        and process.info["cwd"] == str(project.folder)
    ]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_trainer_ends_with_its_dvc(project, end):
    endless = ["training.epochs=1000000", "training.early_stopping=null", "training.xla=false"]
    project.write_yaml("params.yaml", {**PARAMS, "overrides": endless})
    dvc = project.start("dvc", "repro", "train@diabetes_mlp")
    first_epoch = next(line for line in dvc.stderr if line.startswith("diabetes_mlp: epoch "))
    running = trainers(project)
    dvc.send_signal(end)
    dvc.wait()
    _, alive = psutil.wait_procs(running, timeout=5)
    dvc.communicate()
    project.write_yaml("params.yaml", PARAMS)
    assert first_epoch
    assert len(running) == 1
    assert alive == trainers(project) == []


def test_overrides_for_all_cannot_change_data(project):
    project.write_yaml("params.yaml", {**PARAMS, "overrides": ["data.split.seed=1"]})
    result = project.run("python", "-m", "pipeline.compose", check=False)
    project.write_yaml("params.yaml", PARAMS)
    assert result.returncode == 1
    assert "change the settings of shared data" in result.stderr
