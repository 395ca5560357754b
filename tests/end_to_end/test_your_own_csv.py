"""Follows docs/your-own-csv.md to the letter: its files are written, its commands run, its Python executed."""

import json
import re

import pytest
import yaml

from tests.support import ROOT
from tests.support.project import Project

PAGE = (ROOT / "docs/your-own-csv.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def files() -> dict[str, str]:
    """The page's YAML files by the name in their first line."""
    named = [(text.splitlines()[0], text) for text in blocks("yaml")]
    return {
        first.removeprefix("# "): text
        for first, text in named
        if re.fullmatch(r"# [\w./]+\.yaml", first)
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("project"))
    for name, text in files().items():
        if name != "params.yaml":
            (made.folder / name).write_text(text, encoding="utf-8")
    made.write_yaml(
        "params.yaml",
        {"sources": [], "repeats": {}, "overrides": [], **yaml.safe_load(files()["params.yaml"])},
    )
    for line in blocks("sh")[0].splitlines():
        made.run(*line.split())
    return made


def metrics(project: Project, name: str) -> dict[str, dict[str, float]]:
    return json.loads(
        (project.folder / "outputs" / name / "metrics.json").read_text(encoding="utf-8")
    )["test"]


def test_the_page_shows_the_first_lines_of_the_example():
    shown = blocks("csv")[0].splitlines()
    assert (ROOT / "docs/examples/flats.csv").read_text(encoding="utf-8").splitlines()[
        : len(shown)
    ] == shown


def test_two_files_are_enough_for_a_classification():
    assert {name for name in files() if "rent" not in name} == {
        "conf/source/flats.yaml",
        "conf/data/flats.yaml",
        "params.yaml",
    }


def test_the_classification_beats_the_majority(project):
    assert metrics(project, "flats")["accuracy"]["low"] > 0.53


def test_the_regression_explains_the_rent(project):
    assert metrics(project, "flats_rent")["r2"]["value"] > 0.7


def test_the_saved_model_answers_in_the_unit_of_the_csv(project):
    (project.folder / "use.py").write_text(blocks("python")[0], encoding="utf-8")
    answer = project.run("python", "use.py").stdout
    rent = float(re.search(r"\[\[([\d.]+)", answer)[1])
    assert 500 < rent < 2500


def test_other_settings_can_be_tried_without_a_file(project):
    command = blocks("sh")[1].split()
    last = project.run(*command).stdout.splitlines()[-1]
    assert json.loads(last)["status"] == "FINISHED"


def test_an_edit_of_the_csv_is_seen(project):
    project.replace("docs/examples/flats.csv", "1,72.0,", "1,72.5,")
    assert "fetch_own@flats" in json.loads(project.run("dvc", "status", "--json").stdout)
