"""What `dvc repro` does and leaves alone, on two small experiments trained for real."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.project import Project

PARAMS = {
    "sources": ["diabetes", "iris"],
    "own_files": {},
    "data": {"diabetes": "diabetes", "iris_setosa": "iris"},
    "experiments": {
        "iris_perceptron": {"data": "iris_setosa"},
        "diabetes_mlp": {"data": "diabetes"},
    },
    "repeats": {"diabetes_mlp": {"data": "diabetes", "seeds": [1, 2]}},
    "overrides": ["training.epochs=2"],
}
TRAINED = {"train@diabetes_mlp", "train@iris_perceptron"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("project"))
    made.write_yaml("params.yaml", PARAMS)
    made.run("dvc", "repro")
    return made


@contextmanager
def edited(project: Project, name: str, old: str, new: str) -> Iterator[set[str]]:
    """The stages that would run again after an edit, which is undone afterwards."""
    before = project.replace(name, old, new)
    project.run("dvc", "repro", "compose")
    status = json.loads(project.run("dvc", "status", "--json").stdout)
    yield set(status)
    (project.folder / name).write_text(before, encoding="utf-8")
    project.run("dvc", "repro", "compose")


def trainings(stages: set[str]) -> set[str]:
    return {stage for stage in stages if stage.startswith("train@")}


def test_a_second_repro_runs_nothing(project):
    assert "Running stage" not in project.run("dvc", "repro").stdout


def test_every_experiment_has_its_files(project):
    for name in PARAMS["experiments"]:
        found = {path.name for path in (project.folder / "outputs" / name).iterdir()}
        assert found - {"seeds.json"} == {
            "model.keras",
            "history.csv",
            "run.json",
            "metrics.json",
            "figures",
            "snapshots",
        }


def test_a_repeated_experiment_has_its_seeds(project):
    seeds = json.loads(
        (project.folder / "outputs/diabetes_mlp/seeds.json").read_text(encoding="utf-8")
    )["seeds"]
    assert sorted(seeds) == ["1", "2"]


def test_the_report_names_every_experiment(project):
    text = (project.folder / "outputs/report.md").read_text(encoding="utf-8")
    assert all(f"| {name} | " in text for name in PARAMS["experiments"])


def test_a_comment_retrains_nothing(project):
    with edited(
        project, "conf/experiment/iris_perceptron.yaml", "batch_size: 1 #", "batch_size: 1 # still"
    ) as stages:
        assert trainings(stages) == set()


def test_a_learning_rate_retrains_that_experiment_alone(project):
    with edited(project, "conf/experiment/iris_perceptron.yaml", "1.0e-01", "2.0e-01") as stages:
        assert trainings(stages) == {"train@iris_perceptron"}


def test_a_key_of_the_mlp_retrains_the_mlps_alone(project):
    with edited(project, "conf/model/mlp.yaml", "dropout: 0.0", "dropout: 0.1") as stages:
        assert trainings(stages) == {"train@diabetes_mlp"}


def test_a_claim_retrains_nothing(project):
    with edited(
        project, "conf/experiment/diabetes_mlp.yaml", "at_least: 0.40", "at_least: 0.41"
    ) as stages:
        assert trainings(stages) == set()


def test_a_module_of_training_reruns_no_fetch_and_no_prepare(project):
    with edited(project, "pipeline/training/loop.py", '"""The loop', '"""A loop') as stages:
        assert trainings(stages) == TRAINED
        assert not [stage for stage in stages if stage.startswith(("fetch", "prepare"))]


def test_a_split_seed_prepares_that_variant_alone(project):
    with edited(
        project, "conf/data/diabetes.yaml", "target: progression", "target: progression\nrows: 400"
    ) as stages:
        assert [stage for stage in stages if stage.startswith("prepare")] == ["prepare@diabetes"]


def test_a_tree_with_a_new_lock_file_is_not_dirty(project):
    import sqlite3

    with sqlite3.connect(project.folder / "mlruns/mlflow.db") as store:
        rows = store.execute("select distinct value from tags where key = 'git.dirty'").fetchall()
    assert rows == [("true",)]  # params.yaml was edited after the commit


def trainers(project: Project) -> list[str]:
    """Processes that train in the project's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (
                b"--resolved" in (process / "cmdline").read_bytes()
                and (process / "cwd").readlink() == project.folder
            ):
                found.append(process.name)
        except OSError:
            continue  # it ended meanwhile
    return found


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_trainer_ends_with_the_dvc_that_started_it(project, end):
    project.write_yaml(
        "params.yaml",
        {**PARAMS, "overrides": ["training.epochs=1000000", "training.early_stopping=null"]},
    )
    dvc = project.start("dvc", "repro", "train@diabetes_mlp")
    began = next(line for line in dvc.stderr if line.startswith("diabetes_mlp: epoch "))
    running = trainers(project)
    dvc.send_signal(end)
    dvc.wait()
    deadline = time.monotonic() + 5
    while trainers(project) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = trainers(project)
    dvc.communicate()
    project.write_yaml("params.yaml", PARAMS)
    assert began
    assert len(running) == 1
    assert left == []


def test_overrides_for_all_may_not_change_data(project):
    with_data = {**PARAMS, "overrides": ["data.split.seed=1"]}
    project.write_yaml("params.yaml", with_data)
    done = project.run("python", "-m", "pipeline.compose", check=False)
    project.write_yaml("params.yaml", PARAMS)
    assert done.returncode == 1
    assert "change settings of data, which are prepared once" in done.stderr
