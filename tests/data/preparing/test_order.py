"""Whether the rows of a file follow the target."""

import numpy as np
import pytest

from pipeline.data.preparing.order import is_sorted_by_class, is_sorted_by_number

SHUFFLED = np.random.default_rng(0).permutation(100)
NEARLY = np.array([*range(98), 99, 98])


@pytest.mark.parametrize("labels", [np.arange(100) // 50, np.arange(100)[::-1] // 40])
def test_blocks_of_classes_are_sorted(labels):
    assert is_sorted_by_class(labels)


def test_few_rows_out_of_place_are_still_sorted():
    assert is_sorted_by_class(np.array([0] * 50 + [1, 0] + [1] * 48))


@pytest.mark.parametrize(
    "labels",
    [SHUFFLED % 2, SHUFFLED % 10, np.arange(100) % 2, np.zeros(100), np.array([0, 0, 1, 1])],
)
def test_mixed_classes_are_not_sorted(labels):
    assert not is_sorted_by_class(labels)


@pytest.mark.parametrize("values", [np.arange(100.0), -(np.arange(100.0) ** 3), NEARLY * 1.0])
def test_rising_or_falling_numbers_are_sorted(values):
    assert is_sorted_by_number(values)


def test_equal_numbers_have_an_average_rank():
    assert is_sorted_by_number(np.arange(100) // 30 * 1.0)
    assert not is_sorted_by_number(np.array([0.0] * 95 + [1, 0, 0, 1, 0]))


@pytest.mark.parametrize(
    "values",
    [SHUFFLED * 1.0, np.ones(100), np.arange(9.0), np.array([*range(20), np.nan])],
)
def test_other_numbers_are_not_sorted(values):
    assert not is_sorted_by_number(values)
