"""What `add` and `adopt` share."""

import subprocess
import sys

import pytest

from pipeline import new_experiment
from pipeline.layout import PREPARED
from tests.support.compared import classifier, regressor, write_experiments, write_tested
from tests.support.metas import images, regression
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
