"""Lines with a checksum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import sealed_lines

VALUES = {"name": "ö\n", "count": 3}
LINE = sealed_lines.seal(VALUES).encode()


def test_line_returns_its_values():
    assert sealed_lines.unseal(LINE) == VALUES


def test_line_ends_only_at_its_end():
    assert LINE.count(b"\n") == 1
    assert LINE.endswith(b"\n")


@given(bit=st.integers(0, 8 * len(LINE) - 1))
def test_changed_bit_is_noticed(bit):
    damaged = bytearray(LINE)
    damaged[bit // 8] ^= 1 << bit % 8
    assert sealed_lines.unseal(bytes(damaged)) is None


@given(end=st.integers(0, len(LINE) - 1))
def test_cut_line_is_noticed(end):
    assert sealed_lines.unseal(LINE[:end]) is None


def test_number_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        sealed_lines.seal({"value": float("nan")})
