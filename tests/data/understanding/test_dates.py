"""Dates: which years they may have."""

import pytest

from pipeline.data.understanding.dates import first_year_of, is_date


@pytest.mark.parametrize(
    ("year", "may_be"), [(1899, False), (1900, True), (2099, True), (2100, False)]
)
def test_years_of_dates_are_those_of_two_centuries(year, may_be):
    assert is_date(f"{year}-05-01", "%Y-%m-%d") is may_be


@pytest.mark.parametrize(
    ("years", "first"),
    [(["40"], 2040), (["41"], 1941), (["39", "41"], 1939), (["99", "00"], 1999), (["05"], 2005)],
)
def test_years_of_two_digits_end_in_2040(years, first):
    assert first_year_of([f"01-May-{year}" for year in years], "%d-%b-%y") == first
