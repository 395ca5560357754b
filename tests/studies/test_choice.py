"""The choice among configurations: exact values at toy scale."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.config.metrics import Direction
from pipeline.evaluation.series import corrected_interval
from pipeline.studies.choice import Choice, choose, configurations
from pipeline.studies.outcome import Outcome, Status
from pipeline.studies.sweep import _values
from pipeline.studies.trial import Trial

MIN, MAX = Direction.min, Direction.max


def outcomes(**objectives: list[float | None]) -> list[Outcome]:
    """The outcomes of configurations `units=<name>` by seed. A trial without a value waits."""
    trials = [
        (name, seed, value) for name, row in objectives.items() for seed, value in seeded(row)
    ]
    return [
        Outcome(
            Trial(number, {"units": name, "seed": str(seed)}, []),
            Status.WAITING if value is None else Status.FINISHED,
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


def test_configuration_with_a_failed_trial_is_not_ranked():
    rows = outcomes(a=[0.9, 0.9], b=[0.5, 0.6])
    rows[0] = replace(rows[0], status=Status.FAILED, objective=None)
    assert (ranks(choose(rows, MAX)), choose(rows, MAX).failed) == ("b", 1)


def test_study_of_failed_configurations_has_no_choice():
    rows = [replace(one, status=Status.FAILED) for one in outcomes(a=[0.9], b=[0.5])]
    assert choose(rows, MAX) is None


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


def test_result_counts_the_others_that_may_be_as_good():
    assert _values(choose(outcomes(**THREE), MIN))["tied"] == 1


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


RATIO = 0.25  # validation rows / training rows
SPLIT_SEED, FOLD = "data.split.seed", "data.split.fold"


def on_splits(repetition: str = SPLIT_SEED, **objectives: list[float | None]) -> list[Outcome]:
    """The outcomes of configurations `units=<name>` by split. A trial without a value failed."""
    return [
        replace(outcome, trial=replace(outcome.trial, values=renamed(outcome, repetition)))
        for outcome in outcomes(**objectives)
    ]


def renamed(outcome: Outcome, repetition: str) -> dict[str, str]:
    values = outcome.trial.values
    return {"units": values["units"], repetition: values["seed"]}


def over_splits(direction: Direction = MIN, **objectives: list[float | None]) -> Choice:
    return choose(on_splits(**objectives), direction, ratio=RATIO)


@pytest.mark.parametrize("repetition", [SPLIT_SEED, FOLD])
def test_splits_are_repetitions_as_seeds_are(repetition):
    rows = on_splits(repetition, a=[1.0, 3.0], b=[5.0, 6.0])
    first, second = configurations(rows, MIN, ratio=RATIO)
    assert (first.values, first.mean, second.mean) == ({"units": "a"}, 2.0, 5.5)


def test_splits_have_the_interval_of_nadeau_and_bengio():
    values = [1.0, 3.0, 5.0]
    assert over_splits(a=values).best.interval == corrected_interval(values, RATIO)


def test_two_configurations_follow_nadeau_and_bengio():
    blocks, differences = np.array([10.0, 20.0, 30.0]), np.array([-0.2, 0.2, 0.0])
    _, high = corrected_interval(differences, RATIO)
    for distance, tied in ((high - 0.001, True), (high + 0.001, False)):
        worse = blocks + differences + distance
        assert over_splits(a=blocks.tolist(), b=worse.tolist()).tied == [True, tied]


def test_noise_is_what_rows_and_columns_leave():
    # Left over is 1/2 in each cell, so the noise is 1 with one degree of freedom. The variances of
    # both configurations are 2 and 8, on average 5.
    choice = over_splits(a=[0.0, 2.0], b=[1.0, 5.0])
    degrees = 5**2 / (4.5**2 + 0.5**2)  # Satterthwaite: 4.5 between splits, 0.5 within
    quantile = stats.t.ppf((1 + 0.95**0.5) / 2, degrees)
    margin = quantile * math.sqrt(5 * (1 / 2 + RATIO))
    assert choice.corrected.low == pytest.approx(1 - margin)
    assert choice.corrected.high == pytest.approx(1 + margin)


def test_choice_over_splits_flatters_by_noise_only():
    # Equal means, and a noise of 1 as above: the smaller of two is 1 / sqrt(pi) errors too small.
    for hard in (0.0, 1000.0):
        corrected = over_splits(a=[0.0, 1.0 + hard], b=[1.0, hard]).corrected
        expected = -math.sqrt((1 / 2 + RATIO) / math.pi)
        assert corrected.bias == pytest.approx(expected, abs=0.03)


def test_hard_split_changes_no_comparison():
    rows = {"a": [0.0, 0.9, 0.3], "b": [0.8, 1.7, 1.0], "c": [2.0, 2.2, 2.9]}
    hard = {name: [row[0], row[1] + 100, row[2]] for name, row in rows.items()}
    assert over_splits(**rows).tied == over_splits(**hard).tied == [True, True, False]


def test_split_without_all_configurations_is_left_out():
    choice = over_splits(
        a=[0.0, 1.0, 2.0, 0.0], b=[4.0, 5.0, None, 4.0], c=[None, None, None, None]
    )
    assert [one.mean for one in choice.configurations] == [pytest.approx(1 / 3), 13 / 3]
    assert (ranks(choice), choice.left_out) == ("ab", 1)
    assert [outcome.trial.number for outcome in choice.best.outcomes] == [0, 1, 3]


def test_splits_keep_the_order_of_the_trials():
    seeds = ["10", "2", "1"]
    rows = [
        replace(one, trial=replace(one.trial, values={"units": "a", SPLIT_SEED: seed}))
        for one, seed in zip(outcomes(a=[3.0, 2.0, 1.0]), seeds, strict=True)
    ]
    assert choose(rows, MIN, ratio=RATIO).best.samples == [3.0, 2.0, 1.0]


def test_configurations_without_a_common_split_have_no_choice():
    rows = on_splits(a=[0.0, None], b=[None, 1.0])
    assert (choose(rows, MIN, ratio=RATIO), configurations(rows, MIN)) == (None, [])


def test_one_common_split_knows_no_noise():
    choice = over_splits(a=[0.5, 0.1], b=[0.4, None])
    assert (ranks(choice), choice.tied, choice.corrected, choice.left_out) == ("ba", None, None, 1)


def test_seeds_of_a_split_count_as_their_mean():
    rows = {"a": [1.0, 2.0], "b": [3.0, 5.0]}
    both = [
        replace(
            outcome,
            trial=replace(outcome.trial, values=outcome.trial.values | {"seed": seed}),
            objective=outcome.objective + noise,
        )
        for outcome in on_splits(**rows)
        for seed, noise in (("1", 0.5), ("2", -0.5))
    ]
    seeds, plain = choose(both, MIN, ratio=RATIO), over_splits(**rows)
    assert [one.samples for one in seeds.configurations] == list(rows.values())
    assert (seeds.tied, seeds.corrected) == (plain.tied, plain.corrected)
    assert len(seeds.best.outcomes) == 4


def test_seeds_of_one_split_are_compared_as_seeds():
    one_split = [
        replace(outcome, trial=replace(outcome.trial, values=outcome.trial.values | {FOLD: "0"}))
        for outcome in outcomes(**THREE)
    ]
    assert choose(one_split, MIN, ratio=RATIO).corrected == choose(outcomes(**THREE), MIN).corrected


def test_splits_without_noise_have_no_ties():
    choice = over_splits(a=[1.0, 1.0], b=[2.0, 2.0])
    assert (choice.tied, choice.corrected.low, choice.corrected.high) == ([True, False], 1.0, 1.0)


def test_single_configuration_over_splits_needs_no_correction():
    choice = over_splits(a=[1.0, 2.0])
    assert (choice.tied, choice.corrected) == ([True], None)
