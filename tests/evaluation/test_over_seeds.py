"""Means over seeds and their intervals."""

import math

import pytest

from pipeline.evaluation.over_seeds import mean_interval, summary


def test_two_values_have_the_interval_of_one_degree_of_freedom():
    mean, (low, high) = mean_interval([0.0, 2.0])
    assert mean == 1.0
    assert high == pytest.approx(
        1 + 12.706204736, abs=1e-8
    )  # the 97.5 % quantile of Student's t; the standard error is 1
    assert low == pytest.approx(1 - 12.706204736, abs=1e-8)


def test_five_values_have_the_interval_of_a_table_of_student_s_t():
    mean, (low, high) = mean_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert mean == 3.0
    assert high - mean == pytest.approx(2.776445105 * math.sqrt(2.5 / 5), abs=1e-8)
    assert mean - low == pytest.approx(high - mean)


def test_equal_values_leave_no_doubt():
    assert mean_interval([0.1, 0.1, 0.1]) == (0.1, (0.1, 0.1))


def test_one_value_has_no_interval():
    with pytest.raises(ValueError, match="at least two"):
        mean_interval([1.0])


def test_each_metric_is_summed_up_by_itself():
    found = summary([{"mse": 0.0, "r2": 0.5}, {"mse": 2.0, "r2": 0.5}])
    assert found["mean"] == {"mse": 1.0, "r2": 0.5}
    assert {key: found[key]["r2"] for key in ("low", "high")} == {"low": 0.5, "high": 0.5}
    assert found["low"]["mse"] < 0 < 2 < found["high"]["mse"]
