"""What the oracles propose, and that a journal brings a new one to where the one before had come."""

import pytest

from pipeline.config.training import Direction
from pipeline.errors import ConfigError, PipelineError
from pipeline.studies import search_journal as journal
from pipeline.studies.explore import best, epochs, latest
from pipeline.studies.search_journal import FAILED, FINISHED, PAUSED, Record
from pipeline.studies.space import Objective
from tests.support.searches import LARGEST, LINE, NESTED, config, failing, oracle, outcome, searched

BRACKETS = {
    "trials": 17,
    "max_epochs": 9,
}  # 9 for 1 epoch, of which 3 for 3, of which 1 for 9; 5 for 3, 2 for 9; 3 for 9
SEARCHES = {
    "random": {"trials": 5},
    "bayesian": {"trials": 5},
    "hyperband": {"trials": 9, "max_epochs": 9},
}


@pytest.fixture(scope="module")
def brackets(tmp_path_factory):
    return searched(config("hyperband", **BRACKETS), tmp_path_factory.mktemp("brackets"))


@pytest.mark.parametrize("method", SEARCHES)
def test_a_search_goes_on_from_every_record_to_the_same_records(tmp_path, method):
    found = config(method, LINE, **SEARCHES[method])
    whole = searched(found, tmp_path / "whole")
    for kept in (
        range(len(whole)) if method != "bayesian" else [4]
    ):  # amid those that are learnt, which take long
        with journal.held(tmp_path / str(kept)) as part:
            for record in whole[:kept]:
                part.append(record)
        assert searched(found, tmp_path / str(kept)) == whole


def test_another_seed_proposes_others(tmp_path):
    one, other = (
        searched(config("random", trials=3, seed=seed), tmp_path / str(seed)) for seed in (1, 2)
    )
    assert [record.values for record in one] != [record.values for record in other]


def test_more_trials_go_on_with_the_same_search(tmp_path):
    few = searched(config("random", trials=2), tmp_path)
    assert searched(config("random", trials=4), tmp_path)[:2] == few


def test_values_lie_in_their_ranges_and_on_their_steps(tmp_path):
    found = searched(config("random", trials=20), tmp_path)
    assert all(0.001 <= record.values["optimizer.learning_rate"] <= 0.1 for record in found)
    assert {record.values["training.batch_size"] for record in found} == {8, 16, 24, 32}


def test_a_conditional_setting_is_there_with_its_condition_alone(tmp_path):
    found = searched(config("random", trials=20), tmp_path)
    assert {
        record.values["optimizer"]: "optimizer.momentum" in record.values for record in found
    } == {
        "sgd": True,
        "adam": False,
    }


def test_a_setting_with_one_choice_is_not_searched():
    proposal = oracle(config("random", LINE | {"training.epochs": {"choice": [3]}})).propose()
    assert list(proposal.settings) == ["optimizer.learning_rate"]


def test_a_space_that_is_used_up_ends_the_search():
    found = oracle(config("random", {"optimizer": {"choice": ["sgd", "adam"]}}, trials=9))
    proposed = []
    while (proposal := found.propose()) is not None:
        found.tell(proposal, 1.0)
        proposed.append(proposal.values["optimizer"])
    assert sorted(proposed) == ["adam", "sgd"]


def test_bayesian_search_learns_where_the_best_values_are(tmp_path):
    found = searched(config("bayesian", LINE, trials=6), tmp_path)
    assert best(found, LARGEST).objective > 0.999


def test_hyperband_trains_few_for_long_and_many_for_a_while(brackets):
    reached = [record.epochs for record in latest(brackets)]
    assert sorted(reached[:9]) == [1, 1, 1, 1, 1, 1, 3, 3, 9]
    assert sorted(reached[9:14]) == [3, 3, 3, 9, 9]
    assert reached[14:] == [9, 9, 9]


def test_hyperband_promotes_the_best(brackets):
    first, second = brackets[:9], brackets[9:12]
    ranked = sorted(first, key=lambda record: -record.objective)
    assert [record.number for record in second] == [record.number for record in ranked[:3]]


def test_epochs_that_are_gone_on_from_are_not_spent_again(brackets):
    assert epochs(brackets).spent == 9 * 1 + 3 * 2 + 1 * 6 + 5 * 3 + 2 * 6 + 3 * 9
    assert epochs(brackets).restarting == 9 * 1 + 3 * 3 + 1 * 9 + 5 * 3 + 2 * 9 + 3 * 9


def test_a_bracket_that_does_not_fit_the_trials_is_not_begun(tmp_path):
    assert len(latest(searched(config("hyperband", trials=13, max_epochs=9), tmp_path))) == 9


def test_trials_for_less_than_one_bracket_are_refused():
    with pytest.raises(ConfigError) as caught:
        oracle(config("hyperband", trials=8, max_epochs=9)).propose()
    assert str(caught.value) == (
        "search.trials are too few for the first bracket of hyperband. Received: 8. "
        "Expected: 9 or more, or a smaller search.max_epochs."
    )


@pytest.mark.parametrize("method", SEARCHES)
def test_a_search_goes_on_after_trials_that_failed(tmp_path, method):
    found = searched(config(method, LINE, **SEARCHES[method]), tmp_path, failing(0, 1, 2, 3))
    assert len(latest(found)) == SEARCHES[method]["trials"]
    assert {record.number for record in found if record.status == FAILED} == {0, 1, 2, 3}


def test_hyperband_fills_its_rounds_without_those_that_failed(tmp_path):
    found = searched(config("hyperband", trials=9, max_epochs=9), tmp_path, failing(0, 1, 2, 3))
    assert sorted(record.epochs for record in found if record.number > 3) == [
        1,
        1,
        1,
        1,
        1,
        3,
        3,
        3,
        9,
    ]


def test_the_best_is_the_first_of_equals_in_its_direction(tmp_path):
    found = searched(
        config("random", trials=3),
        tmp_path,
        lambda proposal: outcome(proposal, objective=proposal.number % 2),
    )
    assert best(found, LARGEST).number == 1
    assert best(found, Objective("validation/loss", Direction.min)).number == 0


def test_the_best_is_one_that_finished(brackets):
    assert best(brackets, Objective("validation/loss", Direction.min)).status == FINISHED


def test_of_trials_that_all_failed_none_is_the_best(tmp_path):
    assert best(searched(config("random", trials=2), tmp_path, failing(0, 1)), LARGEST) is None


def test_a_journal_of_another_search_is_refused(tmp_path):
    with journal.held(tmp_path) as kept:
        kept.append(outcome(oracle(config("random")).propose(), number=7))
    with pytest.raises(PipelineError) as caught:
        searched(config("random"), tmp_path)
    assert str(caught.value) == (
        "the journal of this search does not fit it. Received: trial 7, where 0 was due. "
        "Remove its folder: what is trained is not trained again."
    )


def test_a_trial_that_failed_is_not_tried_again_where_hyperband_promotes_it(tmp_path):
    tried = []

    def run(proposal):
        tried.append(proposal.number)
        return outcome(proposal, status=FAILED, objective=None, reason="it diverged")

    records = searched(config("hyperband", LINE, trials=3, max_epochs=3), tmp_path, run)
    assert (tried, [record.number for record in records]) == ([0, 1, 2], [0, 1, 2, 0])


def test_of_paused_trials_those_that_came_furthest_are_compared():
    known = {"values": {}, "overrides": [], "status": PAUSED}
    records = [
        Record(0, objective=0.9, epochs=1.0, **known),
        Record(1, objective=0.5, epochs=3.0, **known),
    ]
    assert best(records, LARGEST).number == 1


def test_conditions_upon_conditions_are_searched(tmp_path):
    found = searched(config("random", LINE | NESTED, trials=12), tmp_path)
    assert {
        record.values.get("optimizer.nesterov"): "optimizer.momentum" in record.values
        for record in found
    } == {
        None: False,
        "true": True,
        "false": False,
    }
