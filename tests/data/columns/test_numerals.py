"""Numerals: the texts that people write for numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.columns.numerals import NOTATIONS, Notation, numeral

ENGLISH, GERMAN, FRENCH = Notation(".", ","), Notation(",", "."), Notation(",", " ")


@pytest.mark.parametrize(
    ("cell", "notation", "value"),
    [
        ("$1,200.50", ENGLISH, 1200.5),
        ("US$ 3", ENGLISH, 3),
        ("-$1.5", ENGLISH, -1.5),
        ("$-1.5", ENGLISH, -1.5),
        ("(3.5)", ENGLISH, -3.5),
        ("($1,000)", ENGLISH, -1000),
        ("\u22123", ENGLISH, -3),
        ("45%", ENGLISH, 45),
        ("45 %", ENGLISH, 45),
        ("72 kg", ENGLISH, 72),
        ("33km/h", ENGLISH, 33),
        ("21.5\u00b0C", ENGLISH, 21.5),
        ("1,23,456", ENGLISH, 123456),
        ("1.234,5", GERMAN, 1234.5),
        ("1.181.840", GERMAN, 1181840),
        ("1 234,5", FRENCH, 1234.5),
        ("1\u00a0234", FRENCH, 1234),
        ("1\u202f234 \u20ac", FRENCH, 1234),
        ("1'234.5", Notation(".", "'"), 1234.5),
        ("'1,234'", ENGLISH, 1234),
        (".5", Notation(), 0.5),
        ("5.", Notation(), 5),
        ("+7", Notation(), 7),
        ("1.5e-3", Notation(), 0.0015),
    ],
)
def test_numeral_has_its_value(cell, notation, value):
    assert numeral(cell).value(notation) == value


@pytest.mark.parametrize(
    ("cell", "notation"),
    [
        ("0.374", GERMAN),  # no group of thousands begins with 0
        ("12,34", ENGLISH),
        ("1,2345", ENGLISH),
        ("1234,567", ENGLISH),
        ("1,200.50", Notation()),
        ("1,23,456,789", ENGLISH),
        ("1.2.3", GERMAN),
        ("1e999", Notation()),
    ],
)
def test_numeral_of_another_notation_has_no_value(cell, notation):
    assert numeral(cell).value(notation) is None


@pytest.mark.parametrize(
    "cell", ["", "abc", "s0", "A1", "Person 3", "12-15", "1/2", "12:30", "(3", "3)", "--3", "-(3)"]
)
def test_other_text_is_no_numeral(cell):
    assert numeral(cell) is None


@pytest.mark.parametrize("cell", ["(-3)", "-$-3", "-3-"])
def test_numeral_has_one_sign(cell):
    assert numeral(cell) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_python_s_own_spelling_keeps_its_value(value):
    assert numeral(repr(value)).value(Notation()) == value


@given(st.integers(0, 10**12), st.sampled_from(NOTATIONS))
def test_separated_thousands_keep_their_value(value, notation):
    text = f"{value:,}".replace(",", notation.thousands)
    assert numeral(text).value(notation) == value
