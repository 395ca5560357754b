"""Columns of numbers: which notations their values allow."""

import pytest

from pipeline.data.understanding.file import File
from pipeline.data.understanding.notation import doubts_on_notation, number_settings
from pipeline.data.understanding.numbers import Numerals, numerals_of


def numerals(*values: str) -> Numerals:
    found = numerals_of(values)
    assert found is not None
    return found


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
    assert numerals(*values).evidence() == signs


@pytest.mark.parametrize(
    ("value", "is_finite"), [("1e100", True), ("1E100", True), ("1e999", False)]
)
def test_exponent_may_be_too_large(value, is_finite):
    assert (numerals_of([value]) is not None) is is_finite


@pytest.mark.parametrize(
    ("value", "settings"),
    [
        ("1.5", {}),
        ("1,200.5", {"decimal": ".", "thousands": ",", "affix": ""}),
        ("1.200,5", {"decimal": ",", "thousands": ".", "affix": ""}),
        ("1 200", {"decimal": ".", "thousands": " ", "affix": ""}),
        ("$5", {"decimal": ".", "thousands": "", "affix": "$"}),
    ],
)
def test_only_plain_numbers_need_no_settings(value, settings):
    assert number_settings(numerals(value), File()) == settings


@pytest.mark.parametrize(
    ("value", "sign", "former"),
    [("1,234", ",", "thousands: ','"), ("1.234", ".", "thousands: '.' and decimal: ','")],
)
def test_sign_of_thousands_or_decimals_is_in_doubt(value, sign, former):
    assert doubts_on_notation(numerals(value), File(delimiter=";")) == [
        f"'{sign}' in '{value}' may separate thousands or decimals. Set {former} for the former, "
        f"decimal: '{sign}' for the latter, in the source's settings"
    ]
    assert doubts_on_notation(numerals(value), File(delimiter=",")) == []
