"""What the oracles suggest, and that a new oracle continues where a journal ends."""

from dataclasses import replace

import pytest

from pipeline.errors import ConfigError
from pipeline.studies.journal import open_search
from pipeline.studies.outcome import Status, best, latest, trained_epochs
from tests.support.refusals import refusal
from tests.support.searches import (
    ACCURACY,
    LINE,
    LOSS,
    NESTED,
    config,
    failed,
    failing,
    finished,
    oracle,
    search,
)

# Brackets: 9 trials for 1 epoch, 3 of them for 3, 1 for 9; 5 trials for 3, 2 for 9; 3 trials for 9.
BRACKETS = {"trials": 17, "max_epochs": 9}
SEARCHES = {
    "random": {"trials": 5},
    "bayesian": {"trials": 5},
    "hyperband": {"trials": 9, "max_epochs": 9},
}


@pytest.fixture(scope="module")
def brackets(tmp_path_factory):
    return search(config("hyperband", **BRACKETS), tmp_path_factory.mktemp("brackets"))


@pytest.mark.parametrize("method", SEARCHES)
def test_search_resumes_after_each_outcome(tmp_path, method):
    settings = config(method, LINE, **SEARCHES[method])
    whole = search(settings, tmp_path / "whole")
    # Bayesian search takes long to learn, so it resumes only once, after it began to learn.
    for count in range(len(whole)) if method != "bayesian" else [4]:
        with open_search(tmp_path / str(count)) as journal:
            for outcome in whole[:count]:
                journal.append(outcome)
        assert search(settings, tmp_path / str(count)) == whole


def test_another_seed_suggests_other_trials(tmp_path):
    one, other = (
        search(config("random", trials=3, seed=seed), tmp_path / str(seed)) for seed in (1, 2)
    )
    assert [outcome.trial.values for outcome in one] != [outcome.trial.values for outcome in other]


def test_more_trials_continue_the_same_search(tmp_path):
    few = search(config("random", trials=2), tmp_path)
    assert search(config("random", trials=4), tmp_path)[:2] == few


def test_values_are_within_ranges_and_on_steps(tmp_path):
    values = [outcome.trial.values for outcome in search(config("random", trials=20), tmp_path)]
    assert all(0.001 <= one["optimizer.learning_rate"] <= 0.1 for one in values)
    assert {one["training.batch_size"] for one in values} == {8, 16, 24, 32}


def test_conditional_setting_exists_only_with_its_condition(tmp_path):
    values = [outcome.trial.values for outcome in search(config("random", trials=20), tmp_path)]
    has_momentum = {one["optimizer"]: "optimizer.momentum" in one for one in values}
    assert has_momentum == {"sgd": True, "adam": False}


def test_nested_conditions_are_searched(tmp_path):
    outcomes = search(config("random", LINE | NESTED, trials=12), tmp_path)
    values = [outcome.trial.values for outcome in outcomes]
    has_momentum = {one.get("optimizer.nesterov"): "optimizer.momentum" in one for one in values}
    assert has_momentum == {None: False, "true": True, "false": False}


def test_setting_with_one_choice_is_not_searched():
    trial = oracle(config("random", LINE | {"training.epochs": {"choice": [3]}})).ask()
    assert list(trial.values) == ["optimizer.learning_rate"]
    assert trial.overrides[1:] == ["training.epochs=3"]


def test_exhausted_space_ends_the_search():
    choices = oracle(config("random", {"optimizer": {"choice": ["sgd", "adam"]}}, trials=9))
    suggested = []
    while (trial := choices.ask()) is not None:
        choices.tell(trial, 1.0)
        suggested.append(trial.values["optimizer"])
    assert sorted(suggested) == ["adam", "sgd"]


def test_bayesian_search_learns_from_its_trials(tmp_path):
    outcomes = search(config("bayesian", LINE, trials=6), tmp_path)
    assert best(outcomes, ACCURACY.direction).objective > 0.999


def test_hyperband_trains_few_trials_for_long(brackets):
    epochs = [outcome.epochs for outcome in latest(brackets)]
    assert sorted(epochs[:9]) == [1, 1, 1, 1, 1, 1, 3, 3, 9]
    assert sorted(epochs[9:14]) == [3, 3, 3, 9, 9]
    assert epochs[14:] == [9, 9, 9]


def test_hyperband_promotes_the_best(brackets):
    first, second = brackets[:9], brackets[9:12]
    ranked = sorted(first, key=lambda outcome: -outcome.objective)
    assert [one.trial.number for one in second] == [one.trial.number for one in ranked[:3]]


def test_hyperband_trials_have_the_whole_length():
    trial = oracle(config("hyperband", max_epochs=27)).ask()
    assert trial.overrides[:2] == ["training.steps=null", "training.epochs=27"]
    assert trial.arguments[-1] == "checkpoint.pause_at=1"


def test_resumed_epochs_are_spent_once(brackets):
    epochs = trained_epochs(brackets)
    assert epochs.spent == 9 * 1 + 3 * 2 + 1 * 6 + 5 * 3 + 2 * 6 + 3 * 9
    assert epochs.restarting == 9 * 1 + 3 * 3 + 1 * 9 + 5 * 3 + 2 * 9 + 3 * 9


def test_hyperband_starts_no_bracket_beyond_the_budget(tmp_path):
    outcomes = search(config("hyperband", trials=13, max_epochs=9), tmp_path)
    assert len(latest(outcomes)) == 9


def test_budget_below_one_bracket_is_rejected():
    brackets = oracle(config("hyperband", trials=8, max_epochs=9))
    assert refusal(brackets.ask, error=ConfigError) == (
        "search.trials is too small for the first bracket of hyperband. Received: 8. "
        "Expected: 9 or more, or a smaller search.max_epochs."
    )


@pytest.mark.parametrize("method", SEARCHES)
def test_search_continues_after_failed_trials(tmp_path, method):
    settings = config(method, LINE, **SEARCHES[method])
    outcomes = search(settings, tmp_path, failing(0, 1, 2, 3))
    assert len(latest(outcomes)) == SEARCHES[method]["trials"]
    failures = [one.trial.number for one in outcomes if one.status is Status.FAILED]
    assert set(failures) == {0, 1, 2, 3}


def test_hyperband_fills_rounds_without_failed_trials(tmp_path):
    settings = config("hyperband", trials=9, max_epochs=9)
    outcomes = search(settings, tmp_path, failing(0, 1, 2, 3))
    epochs = sorted(outcome.epochs for outcome in outcomes if outcome.trial.number > 3)
    assert epochs == [1, 1, 1, 1, 1, 3, 3, 3, 9]


def test_failed_trial_is_not_tried_again(tmp_path):
    tried = []

    def run(trial):
        tried.append(trial.number)
        return failed(trial)

    outcomes = search(config("hyperband", LINE, trials=3, max_epochs=3), tmp_path, run)
    assert tried == [0, 1, 2]
    assert [outcome.trial.number for outcome in outcomes] == [0, 1, 2, 0]


def test_best_is_the_first_among_equals(tmp_path):
    outcomes = search(
        config("random", trials=3),
        tmp_path,
        lambda trial: finished(trial, objective=trial.number % 2),
    )
    assert best(outcomes, ACCURACY.direction).trial.number == 1
    assert best(outcomes, LOSS.direction).trial.number == 0


def test_best_has_finished(brackets):
    assert best(brackets, LOSS.direction).status is Status.FINISHED


def test_journal_of_another_search_is_rejected(tmp_path):
    trial = oracle(config("random")).ask()
    with open_search(tmp_path) as journal:
        journal.append(finished(replace(trial, number=7)))
    assert refusal(search, config("random"), tmp_path) == (
        "the journal does not match this search. "
        "Received: trial 7, but the oracle suggests trial 0. "
        "Delete the folder of the search. Finished trials are not trained again."
    )
