"""Which trial is the best, and what a study cost."""

from dataclasses import asdict

import pytest

from pipeline.config.metrics import Direction
from pipeline.studies.outcome import (
    Epochs,
    Outcome,
    Status,
    best,
    latest,
    trained_epochs,
    with_status,
)
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


def test_finished_trial_is_preferred_to_a_better_paused_one():
    outcomes = [outcome(0, 0.9, status=Status.PAUSED, epochs=9.0), outcome(1, 0.5, epochs=1.0)]
    assert best(outcomes, Direction.max).trial.number == 1


def test_failed_trial_with_a_value_is_not_the_best():
    outcomes = [outcome(0, 0.9, status=Status.FAILED), outcome(1, 0.5)]
    assert best(outcomes, Direction.max).trial.number == 1


@pytest.mark.parametrize("direction", Direction)
def test_first_of_equal_trials_is_the_best(direction):
    assert best([outcome(2, 0.5), outcome(1, 0.5)], direction).trial.number == 1


def test_epochs_of_a_resumed_trial_are_spent_once():
    outcomes = [outcome(0, 0.5, epochs=3.0), outcome(1, 0.5, epochs=2.0)]
    outcomes.append(outcome(0, 0.6, epochs=9.0))
    assert trained_epochs(outcomes) == Epochs(spent=11.0, restarting=14.0)


def test_outcomes_are_chosen_by_status():
    assert [one.trial.number for one in with_status(OUTCOMES, Status.FAILED)] == [2]
