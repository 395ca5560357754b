"""Follows docs/your-own-csv.md: writes its files, runs its commands, executes its Python."""

import json
import re

import pytest
import yaml

from tests.support import ROOT
from tests.support.project import Project

PAGE = (ROOT / "docs/your-own-csv.md").read_text(encoding="utf-8")

# Nothing here reads the model in MLflow, and XLA takes seconds to compile.
QUICKER = ["tracking.log_model=false", "training.xla=false"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def files() -> dict[str, str]:
    """The page's YAML files by the name in their first line."""
    named = [(text.splitlines()[0].removeprefix("# "), text) for text in blocks("yaml")]
    return {name: text for name, text in named if re.fullmatch(r"[\w./]+\.yaml", name)}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("project"))
    for name, text in files().items():
        if name != "params.yaml":
            (project.folder / name).write_text(text, encoding="utf-8")
    params = yaml.safe_load(files()["params.yaml"])
    project.write_yaml(
        "params.yaml", {"sources": [], "repeats": {}, "overrides": QUICKER, **params}
    )
    for line in blocks("sh")[0].splitlines():
        project.run(*line.split())
    return project


def metrics(project: Project, name: str) -> dict[str, dict[str, float]]:
    text = (project.folder / "outputs" / name / "metrics.json").read_text(encoding="utf-8")
    return json.loads(text)["test"]


def test_page_shows_the_start_of_the_example():
    example = (ROOT / "docs/examples/flats.csv").read_text(encoding="utf-8")
    assert example.startswith(blocks("csv")[0])


def test_classification_needs_two_files_and_params():
    assert {name for name in files() if "rent" not in name} == {
        "conf/source/flats.yaml",
        "conf/data/flats.yaml",
        "params.yaml",
    }


def test_classification_beats_the_majority(project):
    assert metrics(project, "flats")["accuracy"]["low"] > 0.53


def test_regression_explains_the_rent(project):
    assert metrics(project, "flats_rent")["r2"]["value"] > 0.7


def test_saved_model_answers_in_the_csv_unit(project):
    (project.folder / "use.py").write_text(blocks("python")[0], encoding="utf-8")
    answer = project.run("python", "use.py").stdout
    rent = float(re.search(r"\[\[([\d.]+)", answer)[1])
    assert 500 < rent < 2500


def test_settings_can_be_tried_without_a_file(project):
    command = blocks("sh")[1].split()
    last = project.run(*command).stdout.splitlines()[-1]
    assert json.loads(last)["status"] == "FINISHED"


def test_edit_of_the_csv_is_noticed(project):
    project.replace("docs/examples/flats.csv", "1,72.0,", "1,72.5,")
    assert "fetch_own@flats" in json.loads(project.run("dvc", "status", "--json").stdout)
