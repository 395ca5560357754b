"""A search killed by SIGKILL resumes: the same trials in the same order, each once."""

import signal

import pytest

from pipeline.studies.explore import explore
from pipeline.studies.journal import open_search
from tests.support.searches import LINE, config, finished, live, oracle, search

SEARCHES = {
    "random": config("random", LINE, trials=6),
    "bayesian": config("bayesian", LINE, trials=4),
    "hyperband": config("hyperband", LINE, trials=9, max_epochs=9),
}
MOMENTS = [
    (method, at) for method in ("random", "hyperband") for at in ("before", "halfway", "after")
] + [("bayesian", "halfway")]


def outcomes(folder):
    with open_search(folder) as journal:
        return journal.outcomes


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The outcomes of each search if nothing kills it."""
    folders = {method: tmp_path_factory.mktemp(method) for method in SEARCHES}
    assert [live(SEARCHES[method], folder) for method, folder in folders.items()] == [0, 0, 0]
    return {method: outcomes(folder) for method, folder in folders.items()}


@pytest.mark.parametrize(("method", "at"), MOMENTS)
def test_killed_search_has_the_same_outcomes(whole, tmp_path, method, at):
    codes = [live(SEARCHES[method], tmp_path, at=at, times=2)]
    while codes[-1] != 0:
        assert codes[-1] == -signal.SIGKILL
        codes.append(live(SEARCHES[method], tmp_path, at=at, times=2))
    assert len(codes) > 2
    assert outcomes(tmp_path) == whole[method]


def test_killed_search_keeps_the_ended_trials(whole, tmp_path):
    assert live(SEARCHES["random"], tmp_path, at="halfway", times=3) == -signal.SIGKILL
    assert outcomes(tmp_path) == whole["random"][:2]


def test_resumed_search_shows_earlier_outcomes_first(tmp_path):
    settings, shown = config("random", LINE, trials=3), []
    search(settings, tmp_path)
    with open_search(tmp_path) as journal:
        del journal.outcomes[2:]
        explore(oracle(settings), journal, finished, shown.append)
        assert [outcome.trial.number for outcome in shown] == [0, 1, 2]
        assert shown == journal.outcomes
