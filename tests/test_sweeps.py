"""Whole sweeps by the real command, on toy data."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.locks import locked
from pipeline.tracking import parents, store
from tests.toy import ROOT, prepare_all

SHORT = ["data=pairs", "training.epochs=2", "training.early_stopping=null", "tracking.log_model=false"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    prepare_all(folder)
    return folder


@pytest.fixture(autouse=True)
def _here(folder, monkeypatch):
    monkeypatch.chdir(folder)


def train(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pipeline.train", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


def result_of(*arguments: str) -> dict:
    return json.loads(train(*arguments).stdout)


def rows_of(folder: Path, sweep_id: str) -> list[dict[str, str]]:
    with (folder / f"mlruns/sweeps/{sweep_id}/summary.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def swept(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return result_of("-m", *SHORT, "optimizer.learning_rate=0.01,0.1", "seed=1,2")


def test_a_sweep_names_its_best_trial(folder, swept):
    rows = rows_of(folder, swept["sweep_id"])
    best = min(rows, key=lambda row: float(row["objective"]))
    assert swept["best"]["run_id"] == best["run_id"]
    assert (swept["status"], swept["trials"]) == ("FINISHED", 4)


def test_every_trial_is_a_finished_child_of_the_sweep(folder, swept):
    client = store.client()
    experiment = client.get_experiment_by_name("pairs").experiment_id
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{swept['run_id']}'")
    assert sorted(run.info.run_id for run in children) == sorted(row["run_id"] for row in rows_of(folder, swept["sweep_id"]))
    assert {run.info.status for run in children} == {"FINISHED"}
    assert {run.info.run_name for run in children} >= {"learning_rate=0.01 seed=1", "learning_rate=0.1 seed=2"}


def test_the_parent_holds_grid_best_summary_and_figures(swept):
    client = store.client()
    run = client.get_run(swept["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params == {"optimizer.learning_rate": "0.01,0.1", "seed": "1,2"}
    assert run.data.tags["best.run_id"] == swept["best"]["run_id"]
    assert run.data.metrics == {"best": swept["best"]["objective"]}
    assert [file.path for file in client.list_artifacts(swept["run_id"])] == ["figures", "summary.csv"]


def test_a_grid_in_another_order_is_the_same_sweep(swept):
    given = {"optimizer.learning_rate": "0.1,0.01", "seed": "2,1"}
    with parents.open_parent("sweep", "pairs", swept["sweep_id"], given) as parent:
        assert parent.run_id == swept["run_id"]
    assert store.client().get_run(swept["run_id"]).data.params == {"optimizer.learning_rate": "0.01,0.1", "seed": "1,2"}


@pytest.fixture(scope="module")
def larger(folder, swept):
    """The same grid with a rate at which training diverges: what the command told, and its table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = train("-m", *SHORT, "optimizer.learning_rate=0.01,0.1,1e30", "seed=1,2", code=1)
    (sweep_id,) = {path.name for path in (folder / "mlruns/sweeps").iterdir()} - {swept["sweep_id"]}
    return done, rows_of(folder, sweep_id)


def test_a_larger_grid_trains_only_what_is_new(folder, swept, larger):
    known = {row["run_id"]: row["fingerprint"] for row in rows_of(folder, swept["sweep_id"])}
    _, rows = larger
    assert {row["run_id"]: row["fingerprint"] for row in rows if row["run_id"]} == known


def test_a_trial_that_fails_is_named_and_the_others_run(larger):
    done, rows = larger
    assert [row["status"] for row in rows] == ["FINISHED"] * 4 + ["FAILED"] * 2
    assert "error: 2 of the sweep's 6 trials failed. Received: optimizer.learning_rate=1e+30 seed=1: training" in done.stderr


def test_a_trial_alone_is_the_very_run_of_the_sweep(folder, swept):
    alone = result_of(*SHORT, "optimizer.learning_rate=0.1", "seed=2")
    (row,) = [row for row in rows_of(folder, swept["sweep_id"]) if row["run_id"] == alone["run_id"]]
    assert (row["optimizer.learning_rate"], row["seed"], row["fingerprint"]) == ("0.1", "2", alone["fingerprint"])


def test_a_sweep_is_run_by_one_process_at_a_time(folder, swept):
    with locked(folder / "mlruns/sweeps" / swept["sweep_id"], "runs this very sweep"):
        done = train("-m", *SHORT, "optimizer.learning_rate=0.01,0.1", "seed=1,2", code=1)
    assert done.stderr.splitlines()[-1].startswith(
        f"error: another process runs this very sweep. Received: process {os.getpid()} "
    )


def test_a_sweep_that_was_killed_goes_on_to_the_same_end(folder):
    grid = ["-m", *SHORT, "seed=11,12"]
    command = [sys.executable, "-m", "pipeline.train", *grid]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with child:
        assert any("trial 0 " in line for line in child.stderr)
        child.send_signal(signal.SIGKILL)
    result = result_of(*grid)
    client = store.client()
    experiment = client.get_experiment_by_name("pairs").experiment_id
    runs = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{result['run_id']}'")
    assert sorted((run.data.params["seed"], run.info.status) for run in runs) == [("11", "FINISHED"), ("12", "FINISHED")]
    assert client.search_runs([experiment], "attributes.status = 'RUNNING'") == []


def running() -> int:
    """Runs that the store holds as RUNNING."""
    client = store.client()
    experiment = client.get_experiment_by_name("pairs").experiment_id
    return len(client.search_runs([experiment], "attributes.status = 'RUNNING'"))


def test_ctrl_c_ends_a_sweep_and_all_that_it_started(folder):
    long = [*SHORT, "training.epochs=100000", "training.xla=false", "seed=21,22"]
    command = [sys.executable, "-m", "pipeline.train", "-m", *long, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stderr=pipe, text=True, start_new_session=True) as sweep:
        while running() < 3:
            time.sleep(0.1)
        os.killpg(sweep.pid, signal.SIGINT)
        _, said = sweep.communicate()
    assert sweep.returncode == 130
    assert said.splitlines()[-1] == "pairs: interrupted; the same command goes on from here"
    assert running() == 0
