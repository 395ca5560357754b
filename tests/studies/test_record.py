"""The record of a study: written, read, and held against the present data."""

import json
from dataclasses import replace

import pytest

from pipeline.config.metrics import Direction
from pipeline.studies import ranking, record
from pipeline.studies.outcome import Outcome, Status
from pipeline.studies.record import Rank, StudyRecord
from pipeline.studies.trial import Trial
from tests.support.metas import images
from tests.support.refusals import refusal

STUDY = StudyRecord(
    kind="search",
    study_id="abc",
    run_id="r" * 32,
    experiment="shapes",
    method="random",
    objective="validation/accuracy",
    counts={"FINISHED": 2},
    seconds=3.5,
    ended=1000,
    ranking=[Rank({"seed": "1"}, 1, 0.9, None, "best"), Rank({"seed": "2"}, 1, 0.8)],
    doubts=["luck"],
    overrides=["seed=1"],
    data={"shapes": images().identity},
)


@pytest.fixture(autouse=True)
def _prepared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/prepared/shapes"
    folder.mkdir(parents=True)
    images().save(folder)


def test_record_is_read_as_written(tmp_path):
    STUDY.write(tmp_path)
    assert record.read(tmp_path) == STUDY


def test_edited_record_is_refused(tmp_path):
    STUDY.write(tmp_path)
    file = tmp_path / record.FILE
    file.write_text(file.read_text().replace("0.9", "0.99"))
    assert "study.json" in refusal(lambda: record.read(tmp_path))


def test_record_of_another_version_is_refused(tmp_path):
    STUDY.write(tmp_path)
    values = json.loads((tmp_path / record.FILE).read_text())
    values = {key: value for key, value in values.items() if key not in ("doubts", "sha256")}
    record.write_sealed(tmp_path / record.FILE, values)
    assert "of another version" in refusal(lambda: record.read(tmp_path))


def test_study_on_other_data_is_outdated():
    assert STUDY.outdated == ""
    other = replace(STUDY, data={"shapes": images().identity | {"train": "9" * 32}})
    assert other.outdated == "trained on other data than the present shapes"


def test_ranking_of_a_search_has_the_best_first():
    trials = [Trial(number, {"rate": number / 3}, []) for number in range(3)]
    outcomes = [
        Outcome(trial, Status.FINISHED, value)
        for trial, value in zip(trials, (0.5, None, 0.7), strict=True)
    ]
    assert ranking.of_search(outcomes, Direction.max) == [
        Rank({"rate": "0.6667"}, 1, 0.7, None, "best"),
        Rank({"rate": "0"}, 1, 0.5),
    ]
