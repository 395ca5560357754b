"""Datasets of scripts keep the order that they had before `shuffle`."""

import numpy as np
import tensorflow as tf

from pipeline.adopting.datasets import in_order, remembering_order
from tests.support import pinned_threads as pinned  # noqa: F401


def rows(change):
    with remembering_order():
        data = change(tf.data.Dataset.range(100))
    return np.concatenate([np.atleast_1d(batch) for batch in in_order(data).as_numpy_iterator()])


def test_order_before_shuffle_is_remembered():
    def change(data):
        shuffled = data.shuffle(100, seed=0).map(lambda number: -number).batch(30)
        return shuffled.cache().prefetch(2)

    np.testing.assert_array_equal(rows(change), -np.arange(100))


def test_rows_chosen_by_their_order_stay():
    chosen = rows(lambda data: data.shuffle(100, seed=0).take(5))
    assert len(chosen) == 5
    assert chosen.tolist() != [0, 1, 2, 3, 4]


def test_last_shuffle_is_undone():
    first = rows(lambda data: data.shuffle(100, seed=0).take(50).shuffle(50, seed=1))
    np.testing.assert_array_equal(first, rows(lambda data: data.shuffle(100, seed=0).take(50)))
