"""Follows docs/your-own-csv.md: writes its files, runs its commands, executes its Python."""

import csv
import json
import re
import sqlite3
import statistics
import subprocess
from contextlib import closing

import pytest

from tests.end_to_end.conftest import OWN_CSV
from tests.support import ROOT, pages
from tests.support.project import Project


@pytest.fixture(scope="module")
def training(project: Project) -> subprocess.CompletedProcess[str]:
    """The training with other settings."""
    return project.run(*pages.blocks(OWN_CSV, "sh")[2].split())


def metrics(project: Project, name: str) -> dict[str, dict[str, float]]:
    return json.loads(project.read(f"outputs/{name}/metrics.json"))["test"]


def test_page_shows_the_start_of_the_example():
    example = (ROOT / "docs/examples/flats.csv").read_text(encoding="utf-8")
    assert example.startswith(pages.blocks(OWN_CSV, "csv")[0])


def test_classification_needs_two_files_and_params():
    assert {name for name in pages.files(OWN_CSV) if "rent" not in name} == {
        "conf/source/flats.yaml",
        "conf/data/flats.yaml",
        "params.yaml",
    }


def test_classification_beats_the_majority(project):
    assert metrics(project, "flats")["accuracy"]["low"] > 0.53


def test_regression_explains_the_rent(project):
    assert metrics(project, "flats_rent")["r2"]["value"] > 0.7


def test_model_answers_in_the_csv_unit(project):
    code = pages.blocks(OWN_CSV, "python")[0]
    answer = project.run("python", "-m", "tests.support.snippet", code).stdout
    rent = float(re.search(r"\[([\d.]+)", answer)[1])
    assert 500 < rent < 2500


def test_predicted_rents_are_near_the_true_ones(project):
    project.run(*pages.blocks(OWN_CSV, "sh")[3].split())
    with (project.folder / "rents.csv").open() as answers:
        predicted = {row["flat"]: float(row["prediction"]) for row in csv.DictReader(answers)}
    with (project.folder / "docs/examples/flats.csv").open() as rows:
        errors = [abs(predicted[row["flat"]] - float(row["rent"])) for row in csv.DictReader(rows)]
    assert statistics.median(errors) < 150


def test_settings_can_be_tried_without_a_file(training):
    assert json.loads(training.stdout)["status"] == "FINISHED"


def test_stdout_of_train_holds_only_the_result(training):
    (line,) = training.stdout.splitlines()
    assert list(json.loads(line)) == ["run_id", "run_key", "fingerprint", "status", "metrics"]


def test_stderr_of_train_names_the_variant(training):
    *progress, result = training.stderr.splitlines()
    assert progress[0].startswith("flats_rent: epoch ")
    assert {line.split(":")[0] for line in progress} == {"flats_rent"}
    assert result.startswith("flats_rent units=[32] lr=0.003: validation r2 ")


def test_result_of_train_matches_its_record(project, training):
    result = json.loads(training.stdout)
    with closing(sqlite3.connect(project.folder / "mlruns/mlflow.db")) as store:
        run = (result["run_id"],)
        status = store.execute("SELECT status FROM runs WHERE run_uuid = ?", run).fetchall()
        tags = dict(store.execute("SELECT key, value FROM tags WHERE run_uuid = ?", run))
    assert status == [("FINISHED",)]
    assert (tags["run_key"], tags["fingerprint"]) == (result["run_key"], result["fingerprint"])


def test_edit_of_the_csv_is_noticed(project):
    original = project.replace("docs/examples/flats.csv", "1,72.0,", "1,72.5,")
    status = project.run("dvc", "status", "--json").stdout
    project.write("docs/examples/flats.csv", original)
    assert "fetch_own@flats" in json.loads(status)
