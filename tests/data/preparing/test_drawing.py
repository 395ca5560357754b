import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from pipeline.data.preparing.drawing import drawn, drawn_by_class

SEEDS = st.integers(0, 2**32 - 1)


@given(st.integers(2, 60), st.data(), SEEDS)
def test_drawn_rows_are_those_of_scikit_learn(rows, data, seed):
    size = data.draw(st.integers(1, rows - 1))
    _, expected = train_test_split(range(rows), test_size=size, random_state=seed)
    assert drawn(rows, size, seed=seed).tolist() == sorted(expected)


@given(st.lists(st.integers(2, 9), min_size=2, max_size=6), st.data(), SEEDS)
def test_rows_of_classes_are_those_of_scikit_learn(counts, data, seed):
    labels = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    labels = np.random.default_rng(seed).permutation(labels)
    size = data.draw(st.integers(1, len(labels) - 1))
    assume(len(counts) <= size <= len(labels) - len(counts))
    _, expected = train_test_split(
        range(len(labels)), test_size=size, random_state=seed, stratify=labels
    )
    assert drawn_by_class(labels, size, seed=seed).tolist() == sorted(expected)


def test_class_with_one_row_is_refused():
    with pytest.raises(ValueError, match="a class with 1 row"):
        drawn_by_class(np.array([0, 0, 0, 1], dtype=np.int32), 2, seed=0)
