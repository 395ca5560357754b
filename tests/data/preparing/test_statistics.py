import numpy as np
import pytest

from pipeline.data.preparing import statistics
from pipeline.data.preparing.statistics import blocks_of, statistics_of


@pytest.mark.parametrize("rows", [1, 2, 7, 64, 1000, 10_001])
def test_columns_together_have_the_bits_of_each_one(rows):
    random = np.random.default_rng(rows)
    columns = [random.normal(size=rows) * 10.0**place for place in range(-3, 4)]
    for values, found in zip(columns, statistics_of(columns), strict=True):
        mean, scale = values.mean(), values.std() or 1.0
        steps = np.linspace(0, 1, len(found.quantiles))
        assert (found.median, found.mean, found.scale) == (np.median(values), mean, scale)
        assert np.array_equal(found.quantiles, np.quantile((values - mean) / scale, steps))


def test_missing_numbers_become_the_median():
    (found,) = statistics_of([np.array([1.0, np.nan, 3.0, 8.0])])
    assert (found.median, found.mean) == (3.0, np.mean([1, 3, 3, 8]))
    assert len(found.quantiles) == 2


def test_column_without_numbers_has_no_statistics():
    assert next(statistics_of([np.array([np.nan, np.inf]), np.ones(2)])) is None


def test_constant_has_scale_one():
    (found,) = statistics_of([np.full(5, 0.1)])
    assert found.scale == 1.0


def test_blocks_hold_columns_of_one_length(monkeypatch):
    monkeypatch.setattr(statistics, "_AT_ONCE", 4)
    columns = [np.ones(2), np.ones(3), np.ones(2), np.ones(2)]
    shapes = [values.shape for values in blocks_of(columns)]
    assert shapes == [(1, 2), (1, 3), (2, 2)]
