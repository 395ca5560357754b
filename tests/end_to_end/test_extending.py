"""Follows docs/extending.md: adds one of each thing by its files, and uses them all together."""

import csv
import json
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas
import pytest

from tests.end_to_end.conftest import ADDED_TO, EXTENDING
from tests.support import ROOT, pages
from tests.support.project import Project

SEARCH = [
    *("experiment=extended", "search=grid", "search.trials=2", "tracking=json_file"),
    "search.objective.metric=validation/overshoot",
]


def files() -> dict[str, str]:
    return pages.files(EXTENDING)


@pytest.fixture(scope="module")
def search(project: Project) -> subprocess.CompletedProcess[str]:
    return project.run("python", "-m", "pipeline.tune", *SEARCH)


def output(project: Project, name: str) -> Any:
    return json.loads(project.read(f"outputs/extended/{name}"))


def logged_params(project: Project) -> dict[str, str]:
    run = (output(project, "run.json")["run_id"],)
    with closing(sqlite3.connect(project.folder / "mlruns/mlflow.db")) as store:
        return dict(store.execute("SELECT key, value FROM params WHERE run_uuid = ?", run))


def history(project: Project) -> list[dict[str, str]]:
    path = project.folder / "outputs/extended/history.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_page_replaces_no_file_of_the_project():
    assert [name for name in files() if (ROOT / name).exists()] == sorted(ADDED_TO)


def test_page_adds_one_python_file_each():
    folders = sorted(str(Path(name).parent) for name in files() if name.endswith(".py"))
    assert folders == [
        "pipeline",
        "pipeline/baselines",
        "pipeline/data/formats",
        "pipeline/evaluation/figures",
        "pipeline/metrics",
        "pipeline/models/families",
        "pipeline/studies/oracles",
        "pipeline/tracking/stores",
        "pipeline/training/engines",
        "pipeline/training/losses",
        "pipeline/training/optimizers",
    ]


def test_page_passes_the_linter(project):
    names = [name for name in files() if name.endswith(".py")]
    for check in (["check"], ["format", "--check"]):
        project.run("ruff", *check, "--config", str(ROOT / "pyproject.toml"), *names)


def test_data_format_is_fetched_and_prepared(project):
    rows = pandas.read_stata(project.folder / "readings.dta").to_numpy().tolist()
    lines = project.read("data/raw/readings/data.csv").splitlines()
    assert lines == ["wind,sun,load", *(",".join(map(str, row)) for row in rows)]
    meta = json.loads(project.read("data/prepared/readings/meta.json"))
    assert sum(meta["rows"].values()) == len(rows)


def test_model_family_is_trained_and_saved(project):
    with zipfile.ZipFile(project.folder / "outputs/extended/model.keras") as model:
        assert '"name": "wide"' in model.read("config.json").decode()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("model.family", "wide"),
        ("optimizer.family", "sign_descent"),
        ("optimizer.dead_zone", "0.001"),
        ("training.loss", "tilted"),
        ("training.loss_arguments.tilt", "1.0"),
        ("training.engine", "single_steps"),
    ],
)
def test_choice_is_part_of_the_record(project, setting, value):
    assert logged_params(project)[setting] == value


def test_optimizer_engine_and_loss_train(project):
    losses = [float(point["validation/loss"]) for point in history(project)]
    assert min(losses) < losses[0] / 2


def test_metric_is_monitored_and_restored(project):
    points = history(project)
    best = min(points, key=lambda point: float(point["validation/overshoot"]))
    assert output(project, "snapshots/index.json")["final"] == int(best["step"])


def test_metric_is_evaluated_and_claimed(project):
    test = output(project, "metrics.json")["test"]["overshoot"]
    assert test["low"] <= test["value"] <= test["high"]
    assert "test/overshoot ≤ 5: met" in project.read("outputs/report.md")


def test_baseline_is_compared_and_reported(project):
    entry = output(project, "metrics.json")["baselines"]["neighbours"]
    assert entry["test"]["r2"]["value"] > 0.9
    assert entry["difference"]["r2"]["verdict"] in ("better", "no better", "worse")
    assert "the nearest rows" in project.read("outputs/report.html")


def test_figure_is_drawn_logged_and_reported(project):
    name = "error_histogram.png"
    assert name in [figure["file"] for figure in output(project, "figures/index.json")]
    artifacts = project.folder / "mlruns/artifacts/extended"
    assert list(artifacts.rglob(f"{output(project, 'run.json')['run_id']}/**/{name}"))
    assert "how often predictions miss by how much" in project.read("outputs/report.html")


def test_command_runs_as_a_stage(project):
    error = output(project, "metrics.json")["test"]["overshoot"]["value"]
    assert f"overshoot: {error:.4g}\n" in project.read("outputs/extended/card.md")
    assert "card@extended" in project.read("dvc.lock")


def test_oracle_proposes_two_trials(search):
    result = json.loads(search.stdout.splitlines()[-1])
    assert (result["status"], result["trials"], result["failed"]) == ("FINISHED", 2, 0)


def test_metric_is_the_objective_of_a_search(project, search):
    best = json.loads(search.stdout.splitlines()[-1])["best"]
    record = json.loads(project.read(f"mlruns/json/{best['run_id']}.json"))
    assert best["objective"] == min(record["metrics"]["validation/overshoot"].values())


def test_tracker_holds_every_trial(project, search):
    records = [json.loads(path.read_text()) for path in (project.folder / "mlruns/json").iterdir()]
    assert [record["status"] for record in records if record["metrics"].get("train/loss")] == [
        "FINISHED",
        "FINISHED",
    ]
