"""The choice among configurations: exact values at toy scale."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.config.metrics import Direction
from pipeline.studies.choice import Choice, choose, configurations
from pipeline.studies.outcome import Outcome, Status
from pipeline.studies.trial import Trial

MIN, MAX = Direction.min, Direction.max


def outcomes(**objectives: list[float | None]) -> list[Outcome]:
    """The outcomes of configurations `units=<name>` by seed. A trial without a value failed."""
    trials = [
        (name, seed, value) for name, row in objectives.items() for seed, value in seeded(row)
    ]
    return [
        Outcome(
            Trial(number, {"units": name, "seed": str(seed)}, []),
            Status.FAILED if value is None else Status.FINISHED,
            value,
        )
        for number, (name, seed, value) in enumerate(trials)
    ]


def seeded(row: list[float | None]) -> list[tuple[int, float | None]]:
    return list(enumerate(row, start=1))


def ranks(choice: Choice) -> str:
    return "".join(one.values["units"] for one in choice.configurations)


def test_best_mean_wins_over_the_luckiest_seed():
    rows = outcomes(a=[0.9, 0.2, 0.1], b=[0.5, 0.6, 0.55])
    assert ranks(choose(rows, MAX)) == "ba"
    assert choose(rows, MAX).best.mean == pytest.approx(0.55)
    assert ranks(choose(rows, MIN)) == "ab"


def test_configuration_has_mean_and_interval_of_its_seeds():
    first, _ = configurations(outcomes(a=[1.0, 3.0], b=[5.0, 5.0]), MIN)
    half = 12.706  # Student's t for one degree of freedom; the standard error is 1
    assert (first.values, first.mean, first.label) == ({"units": "a"}, 2.0, "units=a")
    assert first.interval == pytest.approx((2 - half, 2 + half), abs=1e-3)


def test_single_trial_has_no_interval():
    (one,) = configurations(outcomes(a=[1.0, None], b=[None]), MIN)
    assert (len(one.outcomes), one.interval) == (1, None)


def test_nothing_finished_is_no_choice():
    assert choose(outcomes(a=[None]), MIN) is None


def test_one_seed_each_knows_no_noise():
    choice = choose(outcomes(a=[0.5], b=[0.4]), MIN)
    assert (ranks(choice), choice.tied, choice.corrected) == ("ba", None, None)


def test_single_configuration_needs_no_correction():
    choice = choose(outcomes(a=[1.0, 2.0]), MIN)
    assert (choice.tied, choice.corrected) == ([True], None)


# Two seeds each, one apart: the pooled deviation is 1 / sqrt(2), with 3 degrees of freedom, and
# the standard error of a mean is 1 / 2.
THREE = {"a": [0.0, 1.0], "b": [1.0, 2.0], "c": [9.0, 10.0]}


def test_ties_follow_tukey_and_kramer():
    span = stats.studentized_range.ppf(0.95, 3, 3) / 2
    assert span == pytest.approx(2.955, abs=1e-3)  # q(0.95; 3, 3) is 5.910
    assert choose(outcomes(**THREE), MIN).tied == [True, True, False]
    for distance, tied in ((span - 0.001, True), (span + 0.001, False)):
        moved = THREE | {"b": [distance, distance + 1]}
        assert choose(outcomes(**moved), MIN).tied == [True, tied, False]


def test_ties_agree_with_tukeys_test_of_scipy():
    rows = {"a": [0.0, 0.9, 0.3], "b": [0.8, 1.7, 1.1], "c": [2.0, 2.2, 2.9]}
    choice = choose(outcomes(**rows), MIN)
    values = stats.tukey_hsd(*rows.values()).pvalue
    assert choice.tied == [True, *(values[0, 1:] > 0.05).tolist()]


def test_limits_hold_for_all_means_at_once():
    corrected = choose(outcomes(**THREE), MIN).corrected
    level = 0.95 ** (1 / 3)  # Šidák
    margin = stats.t.ppf((1 + level) / 2, 3) / 2
    assert (corrected.low, corrected.high) == pytest.approx((0.5 - margin, 0.5 + margin))


def test_choice_among_equals_flatters_by_the_expected_minimum():
    # Two equal means: nothing but noise. The smaller of two normal values is on average
    # 1 / sqrt(pi) standard errors too small.
    rows = {"a": [0.0, 2.0], "b": [0.0, 2.0]}
    corrected = choose(outcomes(**rows), MIN).corrected
    error = math.sqrt(2) / math.sqrt(2)
    assert corrected.bias == pytest.approx(-error / math.sqrt(math.pi), abs=0.03)
    assert corrected.mean == pytest.approx(1.0 - corrected.bias)


def test_bias_points_in_the_direction_of_the_choice():
    rows = {"a": [0.0, 2.0], "b": [0.0, 2.0]}
    low, high = (choose(outcomes(**rows), one).corrected for one in (MIN, MAX))
    assert low.bias < 0 < high.bias
    assert low.mean > 1 > high.mean


def test_clear_winner_is_not_flattered():
    rows = {"a": [0.0, 0.01], "b": [5.0, 5.01], "c": [9.0, 9.01]}
    assert choose(outcomes(**rows), MIN).corrected.bias == pytest.approx(0.0, abs=1e-3)


def test_correction_is_the_same_each_time():
    first, again = (choose(outcomes(**THREE), MIN).corrected for _ in range(2))
    assert first == again


def test_seeds_without_noise_have_no_ties():
    choice = choose(outcomes(a=[1.0, 1.0], b=[2.0, 2.0]), MIN)
    assert choice.tied == [True, False]
    assert (choice.corrected.low, choice.corrected.high) == (1.0, 1.0)


VALUES = st.lists(
    st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=4), min_size=1, max_size=5
)


@given(values=VALUES)
def test_smaller_is_better_mirrors_larger_is_better(values):
    rows = {str(number): row for number, row in enumerate(values)}
    mirrored = {name: [-value for value in row] for name, row in rows.items()}
    low, high = choose(outcomes(**rows), MIN), choose(outcomes(**mirrored), MAX)
    assert [one.mean for one in low.configurations] == [-one.mean for one in high.configurations]
    assert low.best.mean == min(np.mean(row) for row in values) or math.isclose(
        low.best.mean, min(np.mean(row) for row in values), abs_tol=1e-9
    )
    assert low.tied == high.tied
