"""Columns that name rows: which whole numbers count them."""

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.data.understanding.identifiers import identifies_by_numbers
from pipeline.data.understanding.numbers import tally_of
from pipeline.data.understanding.profile import profile_of
from tests.support.raw_sources import data_of

WITH_GAPS = [number for number in range(30) if number % 5 != 3]


def count_rows(numbers: Sequence[int], *missing: str) -> bool:
    profile = profile_of("c", [*map(str, numbers), *missing], data_of())
    tally = tally_of(np.array(numbers, np.float64), np.ones(len(numbers), np.int64))
    return identifies_by_numbers(profile, tally) == "it counts the rows"


@pytest.mark.parametrize(
    ("numbers", "do_count"),
    [
        (range(20), True),
        (range(19), False),
        (range(5, 25), True),
        (range(19, -1, -1), True),
        ([0, 0, *range(1, 20)], False),
    ],
)
def test_numbers_without_gaps_count_rows(numbers, do_count):
    assert count_rows(numbers) is do_count


@pytest.mark.parametrize(
    ("first", "do_count"), [(1799, True), (1800, False), (2081, False), (2082, True)]
)
def test_years_do_not_count_rows(first, do_count):
    assert count_rows(range(first, first + 20)) is do_count


@pytest.mark.parametrize(
    ("numbers", "missing", "do_count"),
    [
        (WITH_GAPS, [], True),
        (WITH_GAPS[::-1], [], False),
        (WITH_GAPS, ["NA"], False),
        ([0, *WITH_GAPS[2:]], [], False),
    ],
)
def test_ascending_numbers_may_lack_a_fifth(numbers, missing, do_count):
    assert count_rows(numbers, *missing) is do_count
