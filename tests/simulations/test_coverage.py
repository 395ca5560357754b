"""A small simulation of coverage. `tests.simulations.coverage` prints the large one."""

from dataclasses import replace

import pytest

from tests.simulations.coverage import PROBLEMS, Count, simulate

NORMAL, TWO = "a number, normal errors", "two classes"
FAST = ("accuracy", "log_loss", "brier", "ece")  # those that need no scikit-learn


@pytest.fixture(scope="module")
def counts() -> dict[str, Count]:
    two = replace(PROBLEMS[TWO], names=FAST, compared=FAST[:2])
    found = {}
    for problem in (PROBLEMS[NORMAL], two):
        found |= simulate(problem, rows=30, samples=60, seed=0, many=50_000)
    return found


def test_intervals_of_thirty_rows_cover(counts):
    """With a true coverage of 95 %, fewer than 52 of 60 has a probability of 0.3 %."""
    assert {name: one.coverage for name, one in counts.items() if one.coverage < 52 / 60} == {}


def test_most_samples_have_an_interval(counts):
    assert {name for name, one in counts.items() if one.intervals < 0.8 * one.samples} == set()


def test_intervals_are_not_trivially_wide(counts):
    """The interval of a share of 30 rows is at most 0.37 wide."""
    assert counts["accuracy"].width / counts["accuracy"].intervals < 0.37
    assert counts["r2"].width / counts["r2"].intervals < 0.4
    assert counts["mae"].width / counts["mae"].intervals < 0.35
