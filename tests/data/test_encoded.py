from collections import Counter

import numpy as np
import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.data import encoded
from pipeline.data.cells import plain_numbers
from pipeline.data.columns.reader import read_plain_columns, reading_of
from pipeline.data.encoded import Counts, Encoded, Texts, chosen, counts_of, without

CELLS = st.lists(st.sampled_from(["", " a", "a", "b", "ä", "1"]), min_size=1)
NUMBERS = st.lists(
    st.one_of(st.floats(), st.integers(), st.text("0123456789.eE+-_ nif", max_size=5))
)
quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=[0, 10_000], ids=["many", "few"], autouse=True)
def _few(request, monkeypatch):
    """Columns count as those of many texts, or of few."""
    monkeypatch.setattr(encoded, "_FEW", request.param)


def of(cells: list[str]) -> Encoded:
    column = pyarrow.array(cells, pyarrow.large_string()).dictionary_encode()
    return Encoded(Texts(column.dictionary), column.indices.to_numpy())


@quick
@given(CELLS, CELLS, st.data())
def test_columns_behave_as_lists(first, second, data):
    rows = data.draw(st.lists(st.integers(0, len(first) - 1)))
    taken = of(first).take(np.array(rows, dtype=np.int64))
    assert of(first) == first
    assert of(first) + of(second) == first + second
    assert taken == [first[row] for row in rows]
    assert list(taken.texts) == list(dict.fromkeys(taken))
    assert [of(first)[0], *of(first)[1:]] == first


@quick
@given(CELLS)
def test_texts_without_spaces_are_counted_in_order(cells):
    expected = Counter(cell.strip() for cell in cells)
    assert list(counts_of(of(cells)).items()) == list(counts_of(cells).items())
    assert list(counts_of(of(cells)).items()) == list(expected.items())


@quick
@given(NUMBERS)
def test_numbers_of_texts_have_the_bits_of_python(values):
    cells = [str(value) for value in values]
    expected, read = (
        plain_numbers(cells),
        plain_numbers(Texts(pyarrow.array(cells, "large_string"))),
    )
    assert (read is None) == (expected is None)
    if expected is not None:
        assert read.tobytes() == expected.tobytes()


def test_counts_are_a_mapping():
    counts = counts_of(of(["b", "a", "b"]))
    assert isinstance(counts, Counts)
    assert dict(counts) == {"b": 2, "a": 1}
    assert list(counts.values()) == [2, 1]
    assert without(counts, ["b"]) == {"a": 1}
    assert "c" not in counts


def test_texts_of_a_mask_are_chosen():
    texts = of(["a", "b", "c"]).texts
    assert list(chosen(texts, np.array([True, False, True]))) == ["a", "c"]
    assert chosen(["a", "b"], np.array([False, True])) == ["b"]


def test_plain_columns_are_read_together():
    readings = [reading_of("a", "number"), reading_of("b", "number")]
    columns = [of(["1", "-2.5", "1"]), of(["7", "8", "1e3"])]
    assert [column.tolist() for column in read_plain_columns(readings, columns)] == [
        [1, -2.5, 1],
        [7, 8, 1000],
    ]


@pytest.mark.parametrize(
    ("readings", "cells"),
    [
        ([reading_of("a", "number")], ["1", ""]),
        ([reading_of("a", "number")], ["1", "inf"]),
        ([reading_of("a", "number", missing=["-999"])], ["1", "-999"]),
        ([reading_of("a", "number", {"decimal": ",", "thousands": "", "affix": ""})], ["1", "2"]),
        ([reading_of("a", "category")], ["1", "2"]),
    ],
)
def test_other_columns_are_not_read_together(readings, cells):
    assert read_plain_columns(readings, [of(cells)]) is None
