"""The command that compares: what it writes, prints and refuses."""

import contextlib
import io
import json
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import compare
from pipeline.comparing import record
from pipeline.layout import COMPARISONS, OUTPUTS
from pipeline.reporting import comparisons, rendering
from pipeline.reporting.comparisons import ShownComparison
from pipeline.tracking import connection
from tests.support.compared import classifier, write_experiments, write_tested
from tests.support.refusals import refusal
from tests.support.results import PARAMS, png, rows_of
from tests.support.stores import add_store
from tests.support.terminal import become_terminal

HIGH = {seed: {"accuracy": 0.9 + seed / 1000} for seed in range(1, 6)}
LOW = {seed: {"accuracy": 0.8 + seed / 1000} for seed in range(1, 6)}
FOLDER = COMPARISONS / "good_vs_bad"


@dataclass(frozen=True)
class Compared:
    """A project after two calls of the command.

    Args:
        lines: what the last one printed before its last line.
        answer: the JSON of its last line.
    """

    folder: Path
    lines: list[str]
    answer: dict[str, Any]


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Compares two experiments twice, in a real store."""
    folder = tmp_path_factory.mktemp("compared")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_tested("good", classifier(200, [1]), seeds=HIGH)
        write_tested("bad", classifier(200, range(30)), seeds=LOW)
        for name in ("good", "bad"):
            path = OUTPUTS / f"configs/{name}.yaml"
            path.write_text(path.read_text().replace("store: memory", "store: mlflow"))
        write_experiments("good", "bad")
        add_store(Path())
        patch.setattr("sys.argv", ["compare", "good", "bad"])
        for _ in range(2):
            with contextlib.redirect_stdout(io.StringIO()) as out:
                compare.main()
    *lines, last = out.getvalue().splitlines()
    return Compared(folder, lines, json.loads(last))


@pytest.fixture
def in_project(compared, monkeypatch):
    """Makes the project the current folder. A test must not change it."""
    monkeypatch.chdir(compared.folder)


@pytest.fixture
def in_copy(compared, tmp_path, monkeypatch):
    """Makes a copy of the project the current folder."""
    shutil.copytree(compared.folder / "outputs", tmp_path / "outputs")
    shutil.copy(compared.folder / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)


TABLE = """\
good against bad by accuracy, larger is better

5 seeds of one split, on its test rows: a permutation test, and Welch's interval

           accuracy  95 % interval     sd      trainings
  A  good  0.9030    [0.9010, 0.9050]  0.0016  5
  B  bad   0.8030    [0.8010, 0.8050]  0.0016  5

         difference  95 % interval       p
  A - B  +0.1000     [+0.0977, +0.1023]  0.0079  A is better

  the effect size, Hedges' g, is 57.13
"""


def test_table_fits_eighty_columns(compared):
    assert "\n".join(compared.lines).startswith(TABLE)
    assert max(map(len, compared.lines)) <= 80


def test_verdict_names_the_noise(compared):
    assert (
        "Verdict: good is better, beyond the noise of the seeds and of the test rows."
    ) in compared.lines


def test_last_line_is_the_answer(compared):
    answer = compared.answer
    assert (answer["verdict"], answer["better"]) == ("good is better", "good")
    assert [pair["over"] for pair in answer["pairs"]] == ["seeds", "rows"]
    assert answer["folder"] == str(FOLDER)


@pytest.mark.parametrize(
    ("names", "command"),
    [
        (("good", "bad"), "report good bad"),
        (("good", "bad0000"), "report good"),
        (("bad0000", "cccccccc"), "ui"),
    ],
)
@pytest.mark.usefixtures("in_copy")
def test_next_command_takes_what_it_names(call, monkeypatch, names, command):
    write_tested("other", classifier(200, [1, 2]), run_id="c" * 32)
    monkeypatch.setattr(compare.making, "log", lambda *_: "a" * 32)
    become_terminal(monkeypatch)
    call(compare, *names)
    assert sys.stdout.getvalue().endswith(f"\nNext: python -m pipeline.{command}\n")


@pytest.mark.usefixtures("in_project")
def test_folder_holds_table_figures_and_record():
    files = ("comparison.json", "comparison.md", "differences.png", "curves.png")
    assert {path.name for path in FOLDER.iterdir()} == {*files}
    comparison = record.read(FOLDER)
    assert comparison.best == "good"
    assert comparison.runs["good"][0] == "good" + "0" * 28


@pytest.mark.usefixtures("in_project")
def test_markdown_has_every_metric():
    page = (FOLDER / record.TEXT).read_text(encoding="utf-8")
    assert "| balanced_accuracy | larger | A - B | +0.1450 | " in page
    assert "| log_loss | smaller | A - B | -" in page


@pytest.mark.usefixtures("in_project")
def test_second_call_updates_the_run(compared):
    client = connection.client()
    experiment = client.get_experiment_by_name("comparisons").experiment_id
    (run,) = client.search_runs([experiment])
    assert run.info.run_id == compared.answer["run_id"]
    assert (run.info.run_name, run.info.status) == ("good against bad", "FINISHED")
    assert run.data.tags["verdict"] == "good is better"
    assert run.data.tags["runs.B"].startswith("bad0000")
    assert run.data.metrics["A-B/difference"] == pytest.approx(0.1)
    files = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert files == {"comparison.json", "comparison.md", "figures"}


def shown(*names: str) -> list[ShownComparison]:
    """The comparisons in a report of these experiments."""
    return comparisons.collect(rows_of(OUTPUTS, *names, params=PARAMS_OF_BOTH))


PARAMS_OF_BOTH = replace(PARAMS, experiments={"good": "shapes", "bad": "shapes"})


@pytest.mark.usefixtures("in_project")
def test_report_shows_a_current_comparison():
    (one,) = shown("good", "bad")
    assert (one.outdated, one.is_decided) == ("", True)
    assert one.title == "good against bad by accuracy, larger is better"
    assert [part.differences[1][-1] for part in one.parts] == ["A is better"] * 2
    assert [figure.title for figure in one.figures] == list(record.FIGURES.values())


@pytest.mark.usefixtures("in_project")
def test_pages_hold_the_comparison(tmp_path):
    rows = rows_of(OUTPUTS, "good", "bad", params=PARAMS_OF_BOTH)
    rendering.write(rows, tmp_path, comparisons=comparisons.collect(rows))
    for page in ("report.html", "report.md"):
        text = (tmp_path / page).read_text(encoding="utf-8")
        assert "good against bad by accuracy" in text
        assert "Verdict: good is better, beyond the noise of the seeds" in text


@pytest.mark.usefixtures("in_copy")
def test_report_names_a_stale_comparison():
    (OUTPUTS / "good").rename("old")
    write_tested("good", classifier(200, [1, 2]), seeds=HIGH, run_id="c" * 32)
    (one,) = shown("good", "bad")
    assert one.outdated == "outputs/good/evaluation.json has changed since"
    assert one.parts == ()
    assert rendering.stale([one]) == [
        "stale comparison: good against bad by accuracy, larger is better: "
        "outputs/good/evaluation.json has changed since. "
        "Compare again with: python -m pipeline.compare good bad"
    ]


@pytest.mark.usefixtures("in_project")
def test_report_leaves_out_other_experiments():
    assert shown("good") == []


@pytest.mark.usefixtures("in_copy")
def test_report_names_a_damaged_comparison():
    (FOLDER / "differences.png").write_bytes(png(2, 2))
    (one,) = shown("good", "bad")
    assert one.outdated.startswith(f"{FOLDER}/differences.png is damaged or stale")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "this command compares two names or more. Received: nothing."),
        (["good"], "this command compares two names or more. Received: good."),
        (["good", "good"], "a name appears twice. Received: good."),
        (["good", "bad", "--over", "rain"], "argument --over: invalid choice: 'rain'"),
        (["good", "bad", "--budget", "9"], "--budget is the number of seeds of each"),
        (["good", "bad", "--until-decided", "--budget", "4"], "--budget is the number of seeds"),
        (["good", "bad", "--until-decided", "--over", "rows"], "--until-decided compares two"),
    ],
)
@pytest.mark.usefixtures("in_project")
def test_wrong_call_is_one_line(call, arguments, message):
    assert refusal(call, compare, *arguments).startswith(message)
