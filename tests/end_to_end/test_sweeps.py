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

from pipeline import experiment
from pipeline.config.resolved import compose_experiment
from pipeline.errors import PipelineError
from pipeline.locks import locked
from pipeline.signals import Interruption
from pipeline.studies import grid as sweep
from pipeline.studies.sweep import run_sweep
from pipeline.tracking import store
from pipeline.tracking.stores.mlflow import STORE
from tests.support import ROOT
from tests.support.toy import prepare_all

SHORT = [
    *("data=pairs", "training.epochs=2", "training.early_stopping=null"),
    *("training.xla=false", "tracking.log_model=false"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    prepare_all(folder)
    return folder


@pytest.fixture(autouse=True)
def _here(folder, monkeypatch):
    monkeypatch.chdir(folder)


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pipeline.train", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def result_of(*arguments: str) -> dict:
    with start(*arguments) as process:
        out, said = process.communicate()
    assert process.returncode == 0, said
    return json.loads(out)


def rows_of(folder: Path, sweep_id: str) -> list[dict[str, str]]:
    with (folder / f"mlruns/sweeps/{sweep_id}/summary.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def swept(folder):
    """The result of a sweep that was killed amid its trials and begun again."""
    grid = ["-m", *SHORT, "optimizer.learning_rate=0.01,0.1", "seed=1,2"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with start(*grid) as killed:
            assert any("trial 0 " in line for line in killed.stderr)
            killed.kill()
        return result_of(*grid)


def test_a_sweep_names_its_best_trial(folder, swept):
    rows = rows_of(folder, swept["sweep_id"])
    best = min(rows, key=lambda row: float(row["objective"]))
    assert swept["best"]["run_id"] == best["run_id"]
    assert (swept["status"], swept["trials"]) == ("FINISHED", 4)


def test_every_trial_is_a_finished_child_of_the_sweep(folder, swept):
    client = store.client()
    experiment = client.get_experiment_by_name("pairs").experiment_id
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{swept['run_id']}'")
    assert sorted(run.info.run_id for run in children) == sorted(
        row["run_id"] for row in rows_of(folder, swept["sweep_id"])
    )
    assert {run.info.status for run in children} == {"FINISHED"}
    assert {run.info.run_name for run in children} >= {
        "learning_rate=0.01 seed=1",
        "learning_rate=0.1 seed=2",
    }


def test_a_sweep_that_was_killed_leaves_no_run_open_and_trains_none_twice(swept):
    client = store.client()
    experiment = client.get_experiment_by_name("pairs").experiment_id
    runs = client.search_runs([experiment], "tags.run_key LIKE '%'")
    assert len(runs) == len({run.data.tags["run_key"] for run in runs}) == 4
    assert client.search_runs([experiment], "attributes.status = 'RUNNING'") == []


def test_the_parent_holds_grid_best_summary_and_figures(swept):
    client = store.client()
    run = client.get_run(swept["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params == {"optimizer.learning_rate": "0.01,0.1", "seed": "1,2"}
    assert run.data.tags["best.run_id"] == swept["best"]["run_id"]
    assert run.data.metrics == {"best": swept["best"]["objective"]}
    assert [file.path for file in client.list_artifacts(swept["run_id"])] == [
        "figures",
        "summary.csv",
    ]


def test_a_grid_in_another_order_is_the_same_sweep(swept):
    given = {"optimizer.learning_rate": "0.1,0.01", "seed": "2,1"}
    with STORE.open_parent("sweep", "pairs", swept["sweep_id"], given) as parent:
        assert parent.run_id == swept["run_id"]
    assert store.client().get_run(swept["run_id"]).data.params == {
        "optimizer.learning_rate": "0.01,0.1",
        "seed": "1,2",
    }


@pytest.fixture(scope="module")
def larger(folder, swept):
    """The same grid with a rate at which training diverges: what the command told, and its table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with start("-m", *SHORT, "optimizer.learning_rate=0.01,0.1,1e30", "seed=1,2") as process:
            _, said = process.communicate()
        assert process.returncode == 1
    (sweep_id,) = {path.name for path in (folder / "mlruns/sweeps").iterdir()} - {swept["sweep_id"]}
    return said, rows_of(folder, sweep_id)


def test_a_larger_grid_trains_only_what_is_new(folder, swept, larger):
    known = {row["run_id"]: row["fingerprint"] for row in rows_of(folder, swept["sweep_id"])}
    _, rows = larger
    assert {row["run_id"]: row["fingerprint"] for row in rows if row["run_id"]} == known


def test_a_trial_that_fails_is_named_and_the_others_run(larger):
    said, rows = larger
    assert [row["status"] for row in rows] == ["FINISHED"] * 4 + ["FAILED"] * 2
    assert (
        "error: 2 of the sweep's 6 trials failed. Received: optimizer.learning_rate=1e+30 seed=1: training"
        in said
    )


def test_a_trial_alone_in_another_store_has_the_same_bits(folder, swept, tmp_path, monkeypatch):
    rows = rows_of(folder, swept["sweep_id"])
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    alone = experiment.run(compose_experiment([*SHORT, "optimizer.learning_rate=0.1", "seed=2"]))
    (row,) = [row for row in rows if row["fingerprint"] == alone.fingerprint]
    assert (row["optimizer.learning_rate"], row["seed"]) == ("0.1", "2")
    assert row["run_id"] != alone.run_id


def test_a_sweep_is_run_by_one_process_at_a_time(folder):
    grid = sweep.grid(["data=pairs", "seed=1,2"])
    with (
        locked(folder / "mlruns/sweeps" / grid.sweep_id, "runs this very sweep"),
        pytest.raises(PipelineError) as caught,
    ):
        run_sweep(grid, lambda _folder, _tags: None, Interruption())
    assert str(caught.value).startswith(
        f"another process runs this very sweep. Received: process {os.getpid()} "
    )


def running() -> int:
    """Runs that the store holds as RUNNING."""
    client = store.client()
    experiment = client.get_experiment_by_name("pairs").experiment_id
    return len(client.search_runs([experiment], "attributes.status = 'RUNNING'"))


def test_ctrl_c_ends_a_sweep_and_all_that_it_started(folder):
    long = [*SHORT, "training.epochs=100000", "seed=21,22"]
    with start("-m", *long, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2") as process:
        while running() < 3:
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert said.splitlines()[-1] == "pairs: interrupted; the same command goes on from here"
    assert running() == 0
