"""The stand-in for dropout: its rate, its scale, and that its masks follow from a counter."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.training.random_layers import CounterDropout, with_stand_ins
from tests import pinned  # noqa: F401 - pins TensorFlow's threads before its first operation

ONES = np.ones((200, 500), dtype=np.float32)


def masks(xla: bool, calls: int = 1, **settings) -> list[np.ndarray]:
    layer = CounterDropout(0.25, **({"seed": 7} | settings), xla=xla)
    call = tf.function(lambda x: layer(x, training=True), jit_compile=xla)
    return [call(ONES).numpy() for _ in range(calls)]


@pytest.mark.parametrize("xla", [False, True])
def test_a_quarter_is_dropped_and_the_rest_scaled(xla):
    (mask,) = masks(xla)
    assert set(np.unique(mask)) == {np.float32(0), np.float32(1 / 0.75)}
    assert np.mean(mask == 0) == pytest.approx(0.25, abs=0.006)  # four standard deviations of 100,000 draws


@pytest.mark.parametrize("xla", [False, True])
def test_each_call_draws_another_mask(xla):
    one, two = masks(xla, calls=2)
    assert np.mean((one == 0) == (two == 0)) == pytest.approx(0.625, abs=0.01)


@pytest.mark.parametrize("xla", [False, True])
def test_a_seed_draws_the_same_masks_again(xla):
    assert all((one == two).all() for one, two in zip(masks(xla, calls=3), masks(xla, calls=3), strict=True))


@pytest.mark.parametrize("xla", [False, True])
def test_another_seed_draws_other_masks(xla):
    assert not (masks(xla)[0] == masks(xla, seed=8)[0]).all()


@pytest.mark.parametrize("xla", [False, True])
def test_the_mask_follows_from_the_counter_alone(xla):
    layer = CounterDropout(0.25, seed=7, xla=xla)
    layer._counter.assign(2)
    call = tf.function(lambda x: layer(x, training=True), jit_compile=xla)
    assert (call(ONES).numpy() == masks(xla, calls=3)[2]).all()


def test_nothing_is_dropped_outside_training():
    assert (CounterDropout(0.25, seed=7, xla=False)(ONES, training=False).numpy() == 1).all()


def test_a_noise_shape_drops_whole_rows():
    mask = masks(False, noise_shape=(None, 1))[0]
    assert (mask == mask[:, :1]).all()


def test_a_network_without_dropout_is_itself():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    assert with_stand_ins(network, seed=1, xla=False) is network


def test_other_layers_are_the_same_objects():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    trained = with_stand_ins(network, seed=1, xla=False)
    assert [one is two for one, two in zip(network.layers, trained.layers, strict=True)] == [True, False, True]
