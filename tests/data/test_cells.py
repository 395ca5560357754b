import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.cells import is_number, plain_numbers, quoted
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


@given(st.lists(st.one_of(st.floats(), st.integers(), st.text("0123456789.eE+-_ nif", max_size=5))))
def test_numbers_are_read_fast_as_one_by_one(values: list[object]) -> None:
    cells = [str(value) for value in values]
    read = plain_numbers(cells)
    if read is not None:
        assert all(map(is_number, cells))
        assert read.tolist() == [float(cell) for cell in cells]
    elif all(is_number(cell) and cell == cell.strip() for cell in cells):
        assert any(float(cell) in (float("inf"), float("-inf")) for cell in cells)
