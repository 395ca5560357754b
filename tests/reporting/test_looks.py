"""Looks at the test rows of a result, in words."""

import pytest

from pipeline.evaluation.adaptive import share_after_looks
from pipeline.evaluation.looks import Standing
from pipeline.reporting.looks import holding, in_words


def standing(before: int, after: int = 0, *, inspected: int = 0, damaged: int = 0) -> Standing:
    return Standing(before, after, inspected, rows=10_000, damaged=damaged)


def test_fresh_rows_are_said():
    text = in_words("accuracy", 0.95, standing(0))
    assert text == "no other model was scored on these 10,000 test rows"


def test_few_looks_leave_an_interval():
    assert in_words("accuracy", 0.95, standing(12, 3)) == (
        "other models scored on these 10,000 test rows: 12 before this one, 3 after. "
        "If test results guided the choice, accuracy is in [0.9097, 0.9765]"
    )


def test_only_later_looks_may_guide_a_choice():
    low, high = share_after_looks(9_500, 10_000, 0)
    assert f"accuracy is in [{low:.4f}, {high:.4f}]" in in_words("accuracy", 0.95, standing(0, 1))


def test_many_looks_make_the_rows_useless():
    assert in_words("accuracy", 0.95, standing(1_000)).endswith(
        "1,000 before this one, 0 after. If test results guided the choice, "
        "these rows can no longer decide: accuracy is in [0.3135, 1.0000]"
    )


@pytest.mark.parametrize("metric", ["r2", "log_loss"])
def test_unbounded_metric_has_no_interval(metric):
    assert in_words(metric, 0.5, standing(1)).endswith(f"no interval of {metric} is known to hold")
    assert holding(metric, 0.5, standing(1)) is None


def test_deleted_metric_has_no_interval():
    assert holding("gone", 0.5, standing(1)) is None


def test_inspected_rows_are_said():
    assert in_words("accuracy", 0.95, standing(0, inspected=2)) == (
        "no other model was scored on these 10,000 test rows. "
        "Times that inspect showed one of these rows: 2"
    )


def test_damaged_ledger_is_said():
    assert in_words("accuracy", 0.95, standing(0, damaged=1)).endswith(
        "Damaged lines in mlruns/looks/ledger.jsonl: 1, so there may have been more looks"
    )


def test_result_without_a_look_is_said():
    assert in_words("accuracy", 0.95, None) == (
        "not counted: mlruns/looks/ does not have this run. "
        "It was tested elsewhere, or by an earlier version"
    )
