"""A search that is killed with SIGKILL goes on: the same trials in the same order, each once, and the same best one."""

import signal

import pytest

from pipeline.studies import search_journal as journal
from tests.support.searches import LINE, config, live

SEARCHES = {
    "random": config("random", LINE, trials=6),
    "bayesian": config("bayesian", LINE, trials=5),
    "hyperband": config("hyperband", LINE, trials=9, max_epochs=9),
}
KILLED = [
    (method, at) for method in ("random", "hyperband") for at in ("run", "amid", "recorded")
] + [("bayesian", "amid")]


def records(folder):
    with journal.held(folder) as kept:
        return kept.records


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The records of each search that nothing killed."""
    folders = {method: tmp_path_factory.mktemp(method) for method in SEARCHES}
    assert [live(SEARCHES[method], folder) for method, folder in folders.items()] == [0, 0, 0]
    return {method: records(folder) for method, folder in folders.items()}


@pytest.mark.parametrize(("method", "at"), KILLED)
def test_a_search_that_was_killed_at_every_trial_in_turn_ends_as_if_nothing_had_happened(
    whole, tmp_path, method, at
):
    lives = [live(SEARCHES[method], tmp_path, at=at, times=2)]
    while lives[-1] != 0:
        assert lives[-1] == -signal.SIGKILL
        lives.append(live(SEARCHES[method], tmp_path, at=at, times=2))
    assert len(lives) > 2
    assert records(tmp_path) == whole[method]


def test_a_killed_search_keeps_what_had_ended(whole, tmp_path):
    assert live(SEARCHES["random"], tmp_path, at="amid", times=3) == -signal.SIGKILL
    assert records(tmp_path) == whole["random"][:2]
