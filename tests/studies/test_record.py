"""The record of a study: written, read, and held against the present data."""

import json
from dataclasses import replace

import pytest

from pipeline.config.metrics import Direction
from pipeline.studies import ranking, record
from pipeline.studies.choice import choose
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


def test_smallest_loss_is_ranked_first():
    outcomes = [
        Outcome(Trial(number, {"rate": str(number)}, []), Status.FINISHED, value)
        for number, value in enumerate((0.5, 0.3))
    ]
    ranked = ranking.of_search(outcomes, Direction.min)
    assert [(rank.mean, rank.mark) for rank in ranked] == [(0.3, "best"), (0.5, "")]


def test_equals_are_marked_in_the_ranking_of_a_sweep():
    values = {"a": [0.0, 1.0], "b": [1.0, 2.0], "c": [9.0, 10.0]}
    outcomes = [
        Outcome(Trial(0, {"units": units, "seed": str(seed)}, []), Status.FINISHED, value)
        for units, of_seeds in values.items()
        for seed, value in enumerate(of_seeds)
    ]
    ranked = ranking.of_sweep(choose(outcomes, Direction.min))
    assert [(rank.values["units"], rank.mark) for rank in ranked] == [
        ("a", "best"),
        ("b", "≈"),
        ("c", ""),
    ]
    alone = ranking.of_sweep(choose(outcomes[::2], Direction.min))
    assert [rank.mark for rank in alone] == ["best", "", ""]


def test_cost_is_that_of_all_trials():
    trial = Trial(0, {}, [])
    outcomes = [
        Outcome(trial, Status.FINISHED, 0.5, seconds=2.0, timestamp=7),
        Outcome(trial, Status.FAILED, seconds=1.5, timestamp=5),
        Outcome(trial, Status.FINISHED, 0.5),
    ]
    assert ranking.facts(outcomes) == {
        "counts": {"FINISHED": 2, "FAILED": 1},
        "seconds": 3.5,
        "ended": 7,
    }
    assert ranking.facts([]) == {"counts": {}, "seconds": 0, "ended": 0}
