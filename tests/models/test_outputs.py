"""Batches of a model's inputs."""

import keras
import numpy as np

from pipeline.models.outputs import Outputs
from tests.support import pinned_threads as pinned  # noqa: F401

ROWS = np.random.default_rng(0).normal(size=(2500, 3)).astype(np.float32)


def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(2)]
    )


def test_rows_have_the_outputs_of_keras():
    network = model()
    expected = network.predict(ROWS, batch_size=1024, verbose=0)
    assert np.array_equal(Outputs(network).of(ROWS), expected)


def test_bits_do_not_depend_on_earlier_rows():
    network = model()
    outputs = Outputs(network)
    outputs.of(ROWS[:1])
    outputs.of(ROWS[:7])
    assert np.array_equal(outputs.of(ROWS), Outputs(network).of(ROWS))


def test_model_is_traced_once_for_batches_of_all_sizes():
    class Counting(keras.layers.Layer):
        calls = 0

        def call(self, inputs):
            Counting.calls += 1
            return inputs

    first = keras.Input((3,))
    network = keras.Model(first, Counting()(first))
    before = Counting.calls
    outputs = Outputs(network)
    for rows in (1, 5, 1024, 2500):
        assert outputs.of(ROWS[:rows]).shape == (rows, 3)
    assert Counting.calls == before + 1
