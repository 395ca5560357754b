"""What is compared, and which names are decided."""

import numpy as np
import pytest

from pipeline.comparing import names, parts
from pipeline.comparing.comparison import ROWS, SEEDS, SPLITS
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
