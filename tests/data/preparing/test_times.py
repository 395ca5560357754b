"""Times: numbers and ISO dates in the order of time."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.data.preparing.groups import groups_of
from pipeline.data.preparing.times import times_of
from pipeline.data.tables import TextTable
from pipeline.errors import DataError
from tests.support.refusals import refusal


def column(*cells: str) -> TextTable:
    return TextTable({"t": list(cells)}, [(Path("a.csv"), line + 2) for line in range(len(cells))])


@pytest.mark.parametrize(
    "rising",
    [
        ("9", "10", "100"),
        ("-1.5", "0.25", "1e3"),
        ("1700000000000000001", "1700000000000000002"),
        ("20231231", "20240101"),
        ("2023-12-31", "2024-01-01"),
        ("2023-12", "2024-01"),
        ("2024-01-01", "2024-01-01T00:00:01", "2024-01-01 17:00"),
        ("2024-W02-1", "2024-W11-1"),
        ("2024-01-01T12:00:00+02:00", "2024-01-01T11:00:00Z", "2024-01-01T11:00:00.000001+00:00"),
        (" 2024-01-01", "2024-01-02 "),
    ],
)
def test_later_times_are_larger(rising):
    times = times_of(column(*reversed(rising)), "t")
    assert (np.diff(times) < 0).all()


def test_equal_moments_are_equal():
    one, two = times_of(column("2024-01-01T12:00:00+02:00", "2024-01-01T10:00:00Z"), "t")
    assert one == two


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (
            ("2024-01-01", "31.12.2024"),
            "a.csv, line 3, column t: the value is not a time. Received: '31.12.2024'. "
            "Expected: a number, or a date such as 2024-05-31 or 2024-05-31 17:00.",
        ),
        (
            ("1", "soon"),
            "a.csv, line 2, column t: the value is not a time. Received: '1'. "
            "Expected: a number, or a date such as 2024-05-31 or 2024-05-31 17:00.",
        ),
        (
            ("1", "NA"),
            "a.csv, line 3, column t: the time is missing. Received: 'NA'. "
            "Expected: a time in every row.",
        ),
        (
            ("2024-01-01", "2024-01-01T00:00Z"),
            "a.csv, line 3, column t: only some of the times have a zone. "
            "Received: '2024-01-01T00:00Z'. "
            "Expected: a zone such as +01:00 in all rows, or in none.",
        ),
    ],
)
def test_invalid_time_is_located(cells, line):
    assert refusal(times_of, column(*cells), "t", error=DataError) == line


def test_groups_are_numbered_by_their_text():
    assert groups_of(column("b", "a", " b "), "t").tolist() == [0, 1, 0]


def test_missing_group_is_located():
    assert refusal(groups_of, column("b", "?"), "t", error=DataError) == (
        "a.csv, line 3, column t: the group is missing. Received: '?'. "
        "Expected: a group in every row."
    )
