"""Whole sweeps by the real command, on toy data."""

import csv
import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline import experiment
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction
from pipeline.signals import Interruption
from pipeline.studies import sweep as studies_sweep
from pipeline.studies.confirming import Confirmation
from pipeline.studies.grid import Grid, compose_grid
from pipeline.studies.journal import SweepJournal, open_sweep
from pipeline.studies.running import run_grid_trial
from pipeline.studies.sweep import run_sweep
from pipeline.studies.sweep_settings import SweepSettings
from pipeline.tracking import connection
from pipeline.tracking.stores.mlflow import STORE
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support import warm
from tests.support.refusals import refusal
from tests.support.stores import add_store
from tests.support.trials import HereProcess

SHORT = [
    *("data=pairs", "training.epochs=2", "training.early_stopping=null"),
    *("training.batch_size=12", "training.xla=false", "tracking.log_model=false"),
]
MULTIRUN = ("-m", "pipeline.train", "-m")
# The server of forks does not serve Python's option -u, so this process is not a fork. A terminal
# sends Ctrl-C to all processes of its group, and a fork has a group of its own.
IN_ONE_GROUP = ("-u", "-m", "pipeline.sweep")


@pytest.fixture(autouse=True)
def folder(in_repository):
    return in_repository


@contextmanager
def start(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Starts `python <words>` as the leader of a process group, which ends with the block.

    Its trials are forks.
    """
    with subprocess.Popen(
        [sys.executable, *words],
        env=os.environ | warm.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def table_of(folder: Path, sweep_id: str) -> list[dict[str, str]]:
    with (folder / f"mlruns/sweeps/{sweep_id}/trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def result(repository):
    """The result of a sweep that was killed after its first trial and run again."""
    grid = [*SHORT, "optimizer.learning_rate=0.01,0.1", "seed=1,2"]
    add_store(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        with start(*MULTIRUN, *grid) as sweep:
            assert any("trial 0 " in line for line in sweep.stderr)
            sweep.kill()
            sweep.wait()
        with start(*MULTIRUN, *grid) as sweep:
            out, err = sweep.communicate()
        assert sweep.returncode == 0, err
        return json.loads(out)


@pytest.fixture
def table(folder, result):
    """The rows of `trials.csv`."""
    return table_of(folder, result["sweep_id"])


def by_configuration(table: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    rows: dict[str, list[dict[str, str]]] = {}
    for row in table:
        rows.setdefault(row["optimizer.learning_rate"], []).append(row)
    return rows


def mean_of(rows: list[dict[str, str]]) -> float:
    return sum(float(row["objective"]) for row in rows) / len(rows)


def test_sweep_names_its_best_configuration(table, result):
    best = min(by_configuration(table).values(), key=mean_of)
    assert list(result) == ["sweep_id", "run_id", "status", "best", "trials"]
    assert (result["status"], result["trials"]) == ("FINISHED", 4)
    assert list(result["best"]) == [
        *("run_id", "overrides", "objective", "fingerprint"),
        *("trials", "interval", "corrected", "tied"),
    ]
    assert result["best"]["run_id"] == best[0]["run_id"]
    assert result["best"]["trials"] == [int(row["trial"]) for row in best]
    assert result["best"]["objective"] == pytest.approx(mean_of(best), rel=1e-9)
    assert sorted(result["best"]["corrected"]) == ["bias", "high", "low", "mean"]


def test_trials_are_compared_by_the_plain_log_loss(table):
    assert all(row["objective"] == row["validation/log_loss"] for row in table)


def test_mlflow_sorts_trials_as_the_sweep_does(table, result):
    client = connection.client()
    children = client.search_runs(
        [client.get_experiment_by_name("pairs").experiment_id],
        f"tags.mlflow.parentRunId = '{result['run_id']}'",
        order_by=["metrics.`best/validation/log_loss` ASC"],
    )
    ranked = sorted(table, key=lambda row: float(row["objective"]))
    assert [run.info.run_id for run in children] == [row["run_id"] for row in ranked]


def test_trials_are_finished_children_of_the_sweep(table, result):
    client = connection.client()
    experiment = client.get_experiment_by_name("pairs").experiment_id
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{result['run_id']}'")
    assert sorted(run.info.run_id for run in children) == sorted(row["run_id"] for row in table)
    assert {run.info.status for run in children} == {"FINISHED"}
    names = {run.info.run_name for run in children}
    assert names >= {"lr=0.01 seed=1", "lr=0.1 seed=2"}


def test_killed_sweep_leaves_each_run_once_and_closed(result):
    client = connection.client()
    experiment = client.get_experiment_by_name("pairs").experiment_id
    runs = client.search_runs([experiment], "tags.run_key LIKE '%'")
    assert len(runs) == len({run.data.tags["run_key"] for run in runs}) == 4
    assert client.search_runs([experiment], "attributes.status = 'RUNNING'") == []


def test_mlflow_has_grid_best_table_and_figures(result):
    client = connection.client()
    run = client.get_run(result["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params == {"optimizer.learning_rate": "0.01,0.1", "seed": "1,2"}
    assert run.data.tags["best.run_id"].split(", ")[0] == result["best"]["run_id"]
    assert run.data.tags["best.settings"].startswith("optimizer.learning_rate=")
    assert "The choice among 2 flatters the best by " in run.data.tags["best.doubts"]
    assert run.data.metrics == {"best": result["best"]["objective"]}
    files = [file.path for file in client.list_artifacts(result["run_id"])]
    assert files == ["figures", "trials.csv"]
    figures = [Path(file.path).stem for file in client.list_artifacts(run.info.run_id, "figures")]
    assert figures == ["main_effects", "parallel_coordinates"]


def test_reordered_grid_is_the_same_sweep(result):
    values = {"optimizer.learning_rate": "0.1,0.01", "seed": "2,1"}
    with STORE.open_parent("sweep", "pairs", result["sweep_id"], values) as parent:
        assert parent.run_id == result["run_id"]
    params = connection.client().get_run(result["run_id"]).data.params
    assert params == {"optimizer.learning_rate": "0.01,0.1", "seed": "1,2"}


def run_here(grid: Grid, **settings: Any) -> dict[str, Any]:
    """Runs a sweep in this process."""

    def launch(journal: SweepJournal, tags: Mapping[str, str], folders: Sequence[Path]) -> None:
        for number, folder in enumerate(folders):
            run_grid_trial(HereProcess(), grid, number, journal, tags, folder)

    return run_sweep(grid, launch, Interruption(), SweepSettings(**settings))


def test_winner_is_confirmed_and_saved_as_an_experiment(folder, result, monkeypatch):
    (folder / "params.yaml").write_text(
        "sources: [pairs]\ndata:\n  pairs: pairs\nexperiments:\n  pairs: {data: pairs}\n"
    )
    monkeypatch.setattr(studies_sweep, "shared", HereProcess)
    grid = compose_grid([*SHORT, "optimizer.learning_rate=0.01,0.1", "seed=1,2"])
    again = run_here(grid, save_as="swept", confirm_seeds=2)
    assert json.loads(json.dumps(again)) == result

    client = connection.client()
    confirming = client.search_runs(
        [client.get_experiment_by_name("pairs").experiment_id],
        "attributes.run_name LIKE 'confirms, seed %'",
    )
    assert {run.info.run_name for run in confirming} == {"confirms, seed 3", "confirms, seed 4"}
    values = [run.data.metrics["best/validation/log_loss"] for run in confirming]
    swept = compose_experiment(["experiment=swept"])
    (claim,) = swept.claims
    limit = Confirmation([3, 4], values).limit(Direction.min)
    assert (claim.metric, claim.at_most) == ("validation/log_loss", math.ceil(1000 * limit) / 1000)
    assert swept.optimizer == compose_experiment(result["best"]["overrides"]).optimizer


@pytest.fixture(scope="module")
def larger_sweep(repository, result):
    """The same grid and a learning rate that diverges: its error and its table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        grid = compose_grid([*SHORT, "optimizer.learning_rate=0.01,0.1,1e30", "seed=1,2"])
        error = refusal(run_here, grid)
    return error, table_of(repository, grid.sweep_id)


def test_larger_grid_trains_only_new_trials(table, larger_sweep):
    fingerprints = {row["run_id"]: row["fingerprint"] for row in table}
    _, rows = larger_sweep
    assert {row["run_id"]: row["fingerprint"] for row in rows if row["run_id"]} == fingerprints


def test_failed_trial_is_named_and_others_run(larger_sweep):
    error, rows = larger_sweep
    assert [row["status"] for row in rows] == ["FINISHED"] * 4 + ["FAILED"] * 2
    assert error.startswith(
        "2 of the sweep's 6 trials failed. Received: optimizer.learning_rate=1e+30 seed=1: training"
    )


def test_single_training_has_the_bits_of_the_trial(table, tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    single = experiment.run(compose_experiment([*SHORT, "optimizer.learning_rate=0.1", "seed=2"]))
    (row,) = [row for row in table if row["fingerprint"] == single.fingerprint]
    assert (row["optimizer.learning_rate"], row["seed"]) == ("0.1", "2")
    assert row["run_id"] != single.run_id


def test_one_process_at_a_time_runs_a_sweep(folder):
    grid = compose_grid(["data=pairs", "seed=1,2"])
    with open_sweep(folder / "mlruns/sweeps" / grid.sweep_id):
        message = refusal(run_here, grid)
    assert message.startswith(f"another process runs this sweep. Received: process {os.getpid()} ")


def running(folder: Path) -> int:
    """Runs that are RUNNING in MLflow. It reads the store without MLflow, because that is slow."""
    with closing(sqlite3.connect(folder / "mlruns/mlflow.db")) as store:
        [(count,)] = store.execute("SELECT count(*) FROM runs WHERE status = 'RUNNING'")
    return count


def test_ctrl_c_ends_a_sweep_and_its_processes(folder):
    add_store(folder)
    long = [*SHORT, "training.epochs=100000", "seed=21,22"]
    with start(*IN_ONE_GROUP, *long, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2") as sweep:
        while running(folder) < 3:
            time.sleep(0.1)
        os.killpg(sweep.pid, signal.SIGINT)
        _, err = sweep.communicate()
    assert sweep.returncode == 130
    last = "pairs: interrupted. Run the same command again to resume."
    assert err.splitlines()[-1] == last
    assert running(folder) == 0
