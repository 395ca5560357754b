"""Columns of numbers: which notations their values allow."""

import pytest

from pipeline.data.understanding.numbers import numerals_of


@pytest.mark.parametrize(
    ("values", "signs"),
    [
        (["0.374"], {"."}),  # no group of thousands begins with 0
        (["-0.374"], {"."}),
        (["0,374"], {","}),
        (["1.374"], set()),
        (["1.374", "1.5"], {"."}),
        (["1.374", "1,5"], {","}),
    ],
)
def test_notation_of_all_values_shows_the_decimal_sign(values, signs):
    numerals = numerals_of(values)
    assert numerals is not None
    assert numerals.evidence() == signs


@pytest.mark.parametrize(
    ("value", "is_finite"), [("1e100", True), ("1E100", True), ("1e999", False)]
)
def test_exponent_may_be_too_large(value, is_finite):
    assert (numerals_of([value]) is not None) is is_finite
