"""Which trial is the best, and what a study cost."""

from dataclasses import asdict

import pytest

from pipeline.config.metrics import Direction
from pipeline.studies.outcome import Outcome, Status, best, latest
from pipeline.studies.trial import Trial


def outcome(number: int, objective: float | None = None, **fields) -> Outcome:
    status = Status.FAILED if objective is None else Status.FINISHED
    return Outcome(Trial(number, {}, []), **{"status": status, "objective": objective, **fields})


OUTCOMES = [outcome(0, 0.5), outcome(1, 0.2), outcome(2), outcome(3, 0.3)]


@pytest.mark.parametrize(("direction", "number"), [(Direction.min, 1), (Direction.max, 0)])
def test_best_trial_follows_the_direction(direction, number):
    assert best(OUTCOMES, direction).trial.number == number


def test_failed_trials_have_no_best():
    assert best([outcome(0), outcome(1)], Direction.min) is None


def test_best_paused_trial_has_the_most_epochs():
    paused = [
        outcome(0, 0.9, status=Status.PAUSED, epochs=1.0),
        outcome(1, 0.5, status=Status.PAUSED, epochs=3.0),
    ]
    assert best(paused, Direction.max).trial.number == 1


def test_latest_outcome_of_each_trial_counts():
    outcomes = [outcome(1, 0.2), outcome(0, 0.4), outcome(1, 0.3)]
    assert [(one.trial.number, one.objective) for one in latest(outcomes)] == [(0, 0.4), (1, 0.3)]


def test_outcome_survives_plain_values():
    complete = Outcome(Trial(3, {"seed": 1}, ["seed=1"], 2), Status.PAUSED, 0.25, metrics={"a": 1})
    assert Outcome.from_values(asdict(complete)) == complete
