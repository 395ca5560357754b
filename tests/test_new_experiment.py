"""What `add` and `adopt` share."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import new_experiment
from pipeline.errors import PipelineError
from pipeline.layout import PREPARED
from tests.support.compared import classifier, regressor, write_experiments, write_tested
from tests.support.metas import images, regression
from tests.support.refusals import refusal
from tests.support.terminal import become_terminal


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("flats.csv", "flats"),
        ("data/My Flats (2024).csv.gz", "my_flats_2024"),
        ("Häuser-Preise.xlsx", "hauser_preise"),
        ("1.csv", "1"),
        ("住宅.csv", "table"),
    ],
)
def test_name_comes_from_the_file(path, name):
    assert new_experiment.name_of(path) == name


@pytest.mark.parametrize(
    ("scores", "meta", "rows"),
    [
        (regressor([1, 2, 3, 4], 0.1), regression(), "new.csv"),
        (classifier(9, []), images(), "new/"),
    ],
)
@pytest.mark.usefixtures("in_empty_folder")
def test_trained_experiment_is_used_next(monkeypatch, scores, meta, rows):
    meta.save(PREPARED / "shapes")
    write_tested("flats", scores, meta=meta)
    write_experiments("flats")
    done = subprocess.CompletedProcess([], 0)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    become_terminal(monkeypatch)
    new_experiment.train_and_test("flats")
    assert sys.stdout.getvalue().endswith(
        f"\nNext: python -m pipeline.predict flats {rows} -o answers.csv\n"
    )


def write_all(folder: Path, *, fails: bool) -> None:
    """Changes `old.yaml` and writes `new.yaml`, and then fails or not."""
    with new_experiment.all_or_none([folder / "old.yaml", folder / "new.yaml"]):
        for name in ("old", "new"):
            (folder / f"{name}.yaml").write_text("after")
        if fails:
            raise PipelineError("it broke")


def test_failed_block_restores_its_files(tmp_path):
    (tmp_path / "old.yaml").write_text("before")
    with pytest.raises(PipelineError):
        write_all(tmp_path, fails=True)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"old.yaml": "before"}


def test_block_that_succeeds_keeps_its_files(tmp_path):
    (tmp_path / "old.yaml").write_text("before")
    write_all(tmp_path, fails=False)
    assert {path.read_text() for path in tmp_path.iterdir()} == {"after"}


def test_file_that_a_failed_block_did_not_change_keeps_its_time(tmp_path):
    file = tmp_path / "old.yaml"
    file.write_text("before")
    number = file.stat().st_ino
    with pytest.raises(PipelineError), new_experiment.all_or_none([file]):
        raise PipelineError("it broke")
    assert file.stat().st_ino == number


def test_new_lines_are_shown_below_their_keys(tmp_path, capsys):
    file = tmp_path / "params.yaml"
    file.write_text("sources:\n- a\ndata:\n  a: a\n")
    new = tmp_path / "b.yaml"
    texts = {file: "sources:\n- a\n- b\ndata:\n  a: a\n", new: "path: b.csv\n"}
    new_experiment.show(texts)
    assert capsys.readouterr().out.splitlines() == [
        "",
        f"--- {file}",
        "sources:",
        "- b",
        "",
        f"--- {new}",
        "path: b.csv",
        "",
        "nothing is written, because of --dry-run",
    ]


@pytest.mark.usefixtures("in_empty_folder")
def test_name_of_a_file_or_source_is_taken():
    write_experiments("pairs")
    taken = [Path("conf/data/flats.yaml")]
    new_experiment.require_free("flats", [])
    assert refusal(new_experiment.require_free, "flats", taken).startswith(
        "the name flats is taken. Received: conf/data/flats.yaml. Choose another one"
    )
    assert refusal(new_experiment.require_free, "shapes", []).startswith(
        "the name shapes is taken. Received: sources in params.yaml. "
    )
