"""What is compared, and which names are decided."""

import numpy as np
import pytest

from pipeline.comparing import names, parts
from pipeline.comparing.comparison import FOLDS, ROWS, SEEDS, SPLITS
from pipeline.comparing.names import Contender, Group
from tests.support.compared import classifier, regressor, write_experiments, write_tested
from tests.support.metas import numbers, regression
from tests.support.refusals import refusal

LOW = {seed: {"accuracy": 0.8 + seed / 1000, "log_loss": 0.5} for seed in range(1, 7)}
HIGH = {seed: {"accuracy": 0.9 + seed / 1000, "log_loss": 0.5} for seed in range(1, 7)}


def compare(*written: str, metric: str | None = None, over: str | None = None):
    write_experiments(*written)
    return parts.compare([names.resolve(name) for name in written], metric=metric, over=over)


def test_planted_difference_of_rows_is_found():
    write_tested("good", classifier(200, []))
    write_tested("bad", classifier(200, range(30)))
    (part,) = compare("good", "bad")
    (pair,) = part.decisive.pairs
    assert (part.over, part.decisive.metric, pair.better) == (ROWS, "accuracy", "good")
    assert pair.difference == pytest.approx(0.15)
    assert pair.facts["only_one"] == 30
    assert part.test == "McNemar's exact test, and the paired interval"


def test_small_difference_of_rows_is_not_decided():
    write_tested("good", classifier(200, [1, 2]))
    write_tested("bad", classifier(200, [3, 4, 5, 6]))
    (part,) = compare("good", "bad")
    assert part.decisive.pairs[0].better == ""


def test_smaller_loss_is_better():
    write_tested("good", classifier(200, []))
    write_tested("bad", classifier(200, range(30)))
    (part,) = compare("good", "bad", metric="log_loss")
    assert part.decisive.pairs[0].better == "good"
    assert part.decisive.pairs[0].difference < 0
    assert part.test == "the paired interval"


def test_every_metric_of_the_whole_is_compared():
    write_tested("good", classifier(200, []))
    write_tested("bad", classifier(200, range(30)))
    (part,) = compare("good", "bad")
    measured = [one.metric for one in part.measured]
    assert measured[0] == "accuracy"
    assert {"balanced_accuracy", "macro_f1", "log_loss", "roc_auc"} < set(measured)


def test_only_the_first_metric_decides():
    write_tested("good", classifier(200, []))
    write_tested("bad", classifier(200, range(30)))
    (part,) = compare("good", "bad")
    assert [one.pairs[0].better for one in part.measured] == [
        "good",
        *[""] * (len(part.measured) - 1),
    ]


def test_seeds_and_rows_are_two_parts():
    write_tested("good", classifier(30, [1]), seeds=HIGH)
    write_tested("bad", classifier(30, [2, 3]), seeds=LOW)
    by_seeds, by_rows = compare("good", "bad")
    assert (by_seeds.over, by_seeds.decisive.pairs[0].better) == (SEEDS, "good")
    assert (by_rows.over, by_rows.decisive.pairs[0].better) == (ROWS, "")


def test_splits_hold_all_noise():
    write_tested("good", classifier(30, [1]), seeds=HIGH, split_seeds=HIGH)
    write_tested("bad", classifier(30, [2, 3]), seeds=LOW, split_seeds=LOW)
    (part,) = compare("good", "bad")
    assert (part.over, part.decisive.pairs[0].better) == (SPLITS, "good")


def test_one_kind_of_noise_can_be_chosen():
    write_tested("good", classifier(30, [1]), seeds=HIGH, split_seeds=HIGH)
    write_tested("bad", classifier(30, [2, 3]), seeds=LOW, split_seeds=LOW)
    assert [part.over for part in compare("good", "bad", over=ROWS)] == [ROWS]


def test_few_seeds_say_that_they_cannot_decide():
    few = {seed: HIGH[seed] for seed in (1, 2, 3)}
    write_tested("good", classifier(30, []), seeds=few)
    write_tested("bad", classifier(30, []), seeds={seed: LOW[seed] for seed in (1, 2, 3)})
    (part,) = compare("good", "bad", over=SEEDS)
    remarks = part.decisive.pairs[0].remarks
    assert remarks[1] == (
        "3 and 3 seeds cannot decide: the smallest p of the permutation test is 0.1, and it must "
        "be at most 0.05"
    )
    assert remarks[2] == (
        "if the true effect is the observed one, 1 more seed of each would decide with a power of "
        "80 %"
    )


def test_holm_counts_all_pairs():
    for name, wrong in {"a": 0, "b": 7, "c": 8}.items():
        write_tested(name, classifier(200, range(wrong)))
    (part,) = compare("a", "b", "c")
    p_values = [pair.p for pair in part.decisive.pairs]
    adjusted = [pair.adjusted_p for pair in part.decisive.pairs]
    assert adjusted[0] == pytest.approx(2 * p_values[0])
    assert min(p_values) < 0.05 > min(adjusted)
    assert [pair.better for pair in part.decisive.pairs] == ["a", "a", ""]


def test_quantities_are_compared_by_r2():
    truth = np.random.default_rng(3).normal(size=150)
    write_tested("good", regressor(truth, 0.2))
    write_tested("bad", regressor(truth, 0.9, seed=2))
    (part,) = compare("good", "bad")
    assert (part.decisive.metric, part.decisive.pairs[0].better) == ("r2", "good")


REFUSED = {
    "different rows": (
        {"scores": classifier(30, []), "truth": "t"},
        {"scores": classifier(30, []), "truth": "u"},
        "they were tested on different rows",
    ),
    "different tasks": (
        {"scores": classifier(30, [])},
        {"scores": regressor(range(30), 1.0)},
        "they have different tasks: classification and regression",
    ),
    "different targets": (
        {"scores": regressor(range(30), 1.0)},
        {"scores": regressor(range(30), 1.0), "meta": numbers("heating")},
        "they have different targets: y and heating",
    ),
    "different units": (
        {"scores": regressor(range(30), 1.0), "meta": regression()},
        {"scores": regressor(range(1, 31), 1.0), "meta": regression()},
        "their targets have different units",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_names_that_differ_in_kind_are_refused(case):
    one, other, reason = REFUSED[case]
    write_tested("one", **one)
    write_tested("other", **other)
    assert refusal(compare, "one", "other", over=ROWS) == (
        f"these are not comparable over rows: {reason}."
    )


def test_seeds_on_different_rows_are_refused():
    write_tested("one", classifier(30, []), seeds=HIGH, truth="t")
    write_tested("other", classifier(30, []), seeds=LOW, truth="u")
    assert refusal(compare, "one", "other") == (
        "these are not comparable: they were tested on different rows."
    )
    assert refusal(compare, "one", "other", over=SEEDS) == (
        "these are not comparable over seeds: their seeds were tested on different rows."
    )


def test_missing_series_names_the_command():
    write_tested("one", classifier(30, []), seeds=HIGH)
    write_tested("other", classifier(30, []))
    assert refusal(compare, "one", "other", over=SEEDS) == (
        "these are not comparable over seeds: other: params.yaml lists no seeds for it under "
        "repeats, or `dvc repro repeat@other` has not run."
    )


def test_unknown_metric_lists_those_of_all():
    write_tested("one", classifier(30, []))
    write_tested("other", classifier(30, []))
    assert refusal(compare, "one", "other", metric="f1").startswith(
        "this metric does not compare all names: one of them lacks it, or its direction is not "
        "known. Received: f1. Choose another with --metric, or --over rows. "
    )


def series(name: str, over: str, values: dict[str, float], rows: str | None = None) -> Contender:
    """A name with one series of accuracies, by seed or split.

    Args:
        rows: identifies the rows of all of them; by default, each split has its own.
    """
    group = Group(
        {key: {"accuracy": value} for key, value in values.items()},
        {key: f"{name}{key}" for key in values},
        {key: f"{over} {key}" if rows is None else rows for key in values},
        ratio=0.25,
    )
    missing = dict.fromkeys({ROWS, SEEDS, SPLITS, FOLDS} - {over}, "it has another series")
    return Contender(name, name, "accuracy", None, {over: group}, missing, ())


def over_seeds(*values: dict[str, float], rows: str = "t"):
    names_of = "abc"[: len(values)]
    contenders = [
        series(name, SEEDS, own, rows) for name, own in zip(names_of, values, strict=True)
    ]
    (part,) = parts.compare(contenders, metric=None, over=SEEDS)
    return part


def over_splits(one: Contender, other: Contender, *, over: str = SPLITS):
    (part,) = parts.compare([one, other], metric=None, over=over)
    return part


def test_two_seeds_are_enough_to_compare():
    part = over_seeds({"1": 0.9, "2": 0.8}, {"1": 0.7, "2": 0.6, "3": 0.5})
    assert part.decisive.pairs[0].difference == pytest.approx(0.25)
    assert part.about == "2 and 3 seeds of one split, on its test rows"


def test_one_seed_is_not_enough_to_compare():
    assert refusal(over_seeds, {"1": 0.9, "2": 0.8}, {"1": 0.7}) == (
        "these are not comparable over seeds: b was trained once, so the noise of the seed is not "
        "known."
    )


def test_seeds_without_the_name_of_their_rows_are_refused():
    assert refusal(over_seeds, {"1": 0.9, "2": 0.8}, {"1": 0.7, "2": 0.6}, rows="") == (
        "these are not comparable over seeds: an earlier version trained the seeds, and did not "
        "record their test rows."
    )


def test_only_shared_splits_are_compared():
    one = series("a", SPLITS, {"1": 0.9, "2": 0.8, "3": 0.0})
    part = over_splits(one, series("b", SPLITS, {"2": 0.6, "1": 0.7, "4": 0.0}))
    assert part.decisive.values["a"].samples == [0.9, 0.8]
    assert part.decisive.values["b"].samples == [0.7, 0.6]
    assert part.about == "2 splits, the same for all, by their test rows"


def test_folds_are_compared_as_splits_are():
    one, other = ({"0": 0.9, "1": 0.8}, {"0": 0.7, "1": 0.5})
    part = over_splits(series("a", FOLDS, one), series("b", FOLDS, other), over=FOLDS)
    assert part.about == "2 folds, the same for all, by their test rows"
    assert part.decisive.pairs[0].difference == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("other", "rows", "reason"),
    [
        ({"2": 0.7, "3": 0.6}, None, "they share fewer than two splits"),
        ({"1": 0.7, "2": 0.6}, "u", "their splits have different test rows"),
        (
            {"1": 0.7, "2": 0.6},
            "",
            "an earlier version trained the splits, and did not record their test rows",
        ),
    ],
)
def test_splits_that_differ_are_refused(other, rows, reason):
    one = series("a", SPLITS, {"1": 0.9, "2": 0.8})
    assert refusal(over_splits, one, series("b", SPLITS, other, rows)) == (
        f"these are not comparable over splits: {reason}."
    )


def test_decided_seeds_need_no_more():
    low = {str(seed): 0.1 + seed / 1000 for seed in range(5)}
    part = over_seeds({seed: value + 0.5 for seed, value in low.items()}, low)
    (pair,) = part.decisive.pairs
    assert pair.better == "a"
    assert len(pair.remarks) == 1
    assert "seeds_needed" not in pair.facts


def test_equal_means_need_no_number_of_seeds():
    part = over_seeds({"1": 0.25, "2": 0.75}, {"1": 0.75, "2": 0.25})
    (pair,) = part.decisive.pairs
    assert pair.difference == 0
    assert "seeds_needed" not in pair.facts


def test_three_names_need_a_smaller_p():
    values = [{str(seed): name + seed / 100 for seed in range(4)} for name in range(3)]
    assert over_seeds(*values).decisive.pairs[0].remarks[1] == (
        "4 and 4 seeds cannot decide: the smallest p of the permutation test is 0.029, and it must "
        "be at most 0.017"
    )


@pytest.mark.parametrize(
    ("needed", "trained", "words"),
    [
        (None, 4, "no number of seeds up to 10,000 would decide with a power of 80 %"),
        (6, 4, "if the true effect is the observed one, 2 more seeds of each would decide"),
        (3, 4, "if the true effect is the observed one, 1 more seed of each would decide"),
    ],
)
def test_seeds_that_are_needed_are_said_in_words(needed, trained, words):
    assert parts._in_words(needed, trained).startswith(words)
