"""Baselines: which ones suit some data, from how many rows they learn, and what they answer."""

from typing import Any

import numpy as np
import pytest

from pipeline import baselines
from pipeline.baselines import boosting, commonest_class, linear, mean, nearest_mean
from tests.support.metas import images, regression, table

ROWS = {"train": 1_000_000, "validation": 10, "test": 10}
LABELS = np.array([0, 1, 1, 2, 1, 0])


def estimator(baseline: Any, meta: Any, rows: int = 100) -> Any:
    return baseline.BASELINE.build(meta, rows)


def large(meta: Any, **facts: Any) -> Any:
    return meta(rows=ROWS, **facts)


@pytest.mark.parametrize(
    ("meta", "names"),
    [
        (images(), ["commonest_class", "nearest_mean", "linear"]),
        (table(), ["commonest_class", "linear", "boosting"]),
        (regression(), ["mean", "linear", "boosting"]),
    ],
)
def test_simple_baselines_come_first(meta, names):
    assert list(baselines.suiting(meta)) == names


@pytest.mark.parametrize("name", baselines.BASELINES.names())
def test_small_data_are_learned_whole(name):
    baseline = baselines.BASELINES.load(name, key="").BASELINE
    for meta in (images(), table(), regression()):
        if baseline.suits(meta):
            assert baseline.row_count(meta) == 36


def test_baseline_that_ignores_features_learns_all_rows():
    wide = large(table, features=10_000)
    assert commonest_class.BASELINE.row_count(wide) == 1_000_000


def test_logistic_regression_learns_a_sample_of_large_images():
    """20 iterations over 3,072 pixels and 10 classes: 3e10 / (20 * 3072 * 10)."""
    colours = large(images, shape=[32, 32, 3], classes=list("abcdefghij"))
    assert linear.BASELINE.row_count(colours) == 48_828


def test_logistic_regression_has_more_iterations_for_fewer_rows():
    colours = images(shape=[32, 32, 3], classes=list("abcdefghij"))
    iterations = [estimator(linear, colours, rows)[1].max_iter for rows in (1, 20_000, 48_828)]
    assert iterations == [100, 48, 20]


def test_ridge_regression_learns_fewer_rows_of_wide_tables():
    rows = [
        linear.BASELINE.row_count(large(table, features=features, task="regression", classes=None))
        for features in (10, 1_000, 40_000)
    ]
    assert rows == [1_000_000, 75_000, 1_581]


def test_boosting_learns_fewer_rows_for_more_trees():
    """100 trees for each class: 1e9 / (100 * 7 * 54) - 16,000."""
    forest = large(table, features=54, classes=list("abcdefg"))
    assert boosting.BASELINE.row_count(forest) == 10_455


def test_features_of_all_rows_fit_into_600_megabytes():
    assert nearest_mean.BASELINE.row_count(large(images, shape=[100, 100, 3])) == 5_000
    assert linear.BASELINE.row_count(large(table, features=100)) == 750_000


def test_commonest_class_has_the_shares_as_probabilities():
    model = estimator(commonest_class, images()).fit(np.zeros((6, 1)), LABELS)
    assert model.predict(np.zeros((2, 1))).tolist() == [1, 1]
    assert model.predict_proba(np.zeros((1, 1)))[0] == pytest.approx([2 / 6, 3 / 6, 1 / 6])


def test_mean_is_the_mean():
    model = estimator(mean, regression()).fit(np.zeros((3, 1)), np.array([1.0, 2.0, 6.0]))
    assert model.predict(np.zeros((2, 1))).tolist() == [3.0, 3.0]


def test_nearest_mean_is_that_of_a_class():
    x = np.array([[0.0, 0.1], [0.2, 0.1], [0.9, 1.0], [1.0, 0.8]])
    model = estimator(nearest_mean, images()).fit(x, np.array([2, 2, 0, 0]))
    assert model.predict(np.array([[0.3, 0.3], [0.7, 0.7]])).tolist() == [2, 0]


def test_ridge_regression_is_nearly_least_squares():
    x = np.random.default_rng(1).normal(size=(10_000, 2))
    model = estimator(linear, regression()).fit(x, 3 * x[:, 0] - x[:, 1] + 2)
    assert [*model.coef_, model.intercept_] == pytest.approx([3, -1, 2], abs=1e-3)


def test_boosting_has_a_fixed_seed():
    assert estimator(boosting, table()).random_state == 0
    assert estimator(boosting, regression()).random_state == 0
