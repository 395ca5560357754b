"""False winners and planted differences of comparisons, on a small scale."""

import pytest

from tests.simulations.comparing import (
    VALUES,
    over_rows,
    over_seeds,
    over_splits,
    peeking,
    several,
    until_decided,
)

_ABOVE = 0.1  # 5 %, and what the luck of so few repetitions adds


@pytest.mark.parametrize("metric", ["accuracy", "r2"])
def test_equal_models_seldom_win_on_rows(metric):
    assert over_rows(metric, 50, repetitions=100).any <= _ABOVE


@pytest.mark.parametrize("values", ["normal", "skewed (exponential)", "accuracy on 30 rows"])
def test_equal_seeds_seldom_win(values):
    assert over_seeds(VALUES[values], 5, 5, repetitions=200).any <= _ABOVE


def test_equal_splits_seldom_win():
    assert over_splits(5, repetitions=100).any <= _ABOVE


@pytest.mark.parametrize(
    "values",
    ["normal", "skewed (exponential)", "heavy tails (t with 3 degrees)", "whole numbers"],
)
def test_looking_after_each_seed_seldom_finds_a_winner(values):
    assert until_decided(VALUES[values], repetitions=100).any <= _ABOVE


def test_ordinary_test_after_each_seed_finds_many():
    assert peeking(VALUES["normal"], repetitions=100).any > 0.15


def test_four_equal_names_seldom_have_a_winner():
    assert several(4, 6, repetitions=60) <= _ABOVE


def test_planted_differences_are_found():
    winners = [
        over_rows("accuracy", 300, worse=1.0, repetitions=20),
        over_seeds(VALUES["normal"], 6, 6, effect=4.0, repetitions=20),
        over_splits(10, worse=3.0, repetitions=20),
        until_decided(VALUES["normal"], effect=4.0, repetitions=20),
    ]
    assert [one.first > 0.9 for one in winners] == [True] * 4
    assert [one.second for one in winners] == [0.0] * 4
