import pytest

from pipeline.data.cells import is_number, quoted
from pipeline.data.missing import is_missing


@pytest.mark.parametrize("text", ["0", "-1.5", "+.5", "3.", "1e-5", "2E+10", " 7 "])
def test_numbers_are_recognized(text: str) -> None:
    assert is_number(text)


@pytest.mark.parametrize("text", ["", ".", "1,5", "1_000", "0x10", "inf", "nan", "1e", "٣", "1 2"])
def test_other_texts_are_not_numbers(text: str) -> None:
    assert not is_number(text)


@pytest.mark.parametrize("text", ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", " "])
def test_missing_values_are_recognized(text: str) -> None:
    assert is_missing(text)


@pytest.mark.parametrize("text", ["0", "none", "--", "n", "missing"])
def test_other_texts_are_values(text: str) -> None:
    assert not is_missing(text)


def test_long_cells_are_quoted_in_part() -> None:
    assert quoted("x" * 60) == repr("x" * 60)
    assert quoted("x" * 61) == repr("x" * 57 + "…")
