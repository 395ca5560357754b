"""The stand-ins for random layers draw from a counter."""

from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.training.random_layers import CounterDropout, CounterNoise, with_stand_ins
from tests.support import pinned_threads as pinned  # noqa: F401 - before TensorFlow's first operation

ONES = np.ones((200, 500), dtype=np.float32)


def drawn(layer, x=ONES, calls: int = 1) -> list[np.ndarray]:
    call = tf.function(lambda x: layer(x, training=True), jit_compile=True)
    return [call(x).numpy() for _ in range(calls)]


def masks(seed: int = 7) -> list[np.ndarray]:
    """The masks of three calls."""
    return drawn(CounterDropout(0.25, seed=seed), calls=3)


@cache
def first_masks() -> list[np.ndarray]:
    return masks()


def stand_in_of(layer, shape):
    network = keras.Sequential(
        [keras.Input(shape), layer, keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    return with_stand_ins(network, seed=1).layers[0]


def test_quarter_is_dropped_and_the_rest_scaled():
    mask = first_masks()[0]
    assert set(np.unique(mask)) == {np.float32(0), np.float32(1 / 0.75)}
    # The tolerances are four standard deviations of 100,000 draws.
    assert np.mean(mask == 0) == pytest.approx(0.25, abs=0.006)


def test_each_call_draws_another_mask():
    one, two, _ = first_masks()
    assert np.mean((one == 0) == (two == 0)) == pytest.approx(0.625, abs=0.01)


def test_same_seed_draws_the_same_masks():
    assert all((one == two).all() for one, two in zip(first_masks(), masks(), strict=True))


def test_another_seed_draws_other_masks():
    assert not (first_masks()[0] == masks(seed=8)[0]).all()


def test_mask_depends_on_the_counter_only():
    layer = CounterDropout(0.25, seed=7)
    layer._counter.assign(2)
    assert (drawn(layer)[0] == first_masks()[2]).all()


def test_nothing_is_dropped_outside_training():
    assert (CounterDropout(0.25, seed=7)(ONES, training=False).numpy() == 1).all()


def test_noise_shape_drops_whole_rows():
    (mask,) = drawn(CounterDropout(0.25, seed=7, noise_shape=(None, 1)))
    assert (mask == mask[:, :1]).all()


def test_network_without_dropout_is_returned():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    assert with_stand_ins(network, seed=1) is network


def test_other_layers_are_the_same_objects():
    network = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    )
    trained = with_stand_ins(network, seed=1)
    assert [one is two for one, two in zip(network.layers, trained.layers, strict=True)] == [
        True,
        False,
        True,
    ]


def test_rate_of_1_drops_everything():
    assert (drawn(CounterDropout(1.0, seed=7))[0] == 0).all()


@pytest.mark.parametrize(
    ("layer", "shape", "shared"),
    [
        (keras.layers.SpatialDropout1D(0.5), (4, 3), (1,)),
        (keras.layers.SpatialDropout2D(0.5), (4, 5, 3), (1, 2)),
        (keras.layers.SpatialDropout2D(0.5, data_format="channels_first"), (3, 4, 5), (2, 3)),
        (keras.layers.SpatialDropout3D(0.5), (2, 4, 5, 3), (1, 2, 3)),
    ],
)
def test_spatial_dropout_drops_whole_maps_of_a_row(layer, shape, shared):
    (mask,) = drawn(stand_in_of(layer, shape), np.ones((50, *shape), np.float32))
    assert (mask == mask.max(axis=shared, keepdims=True)).all()
    assert 0.3 < np.mean(mask == 0) < 0.7


def test_gaussian_noise_has_its_standard_deviation():
    (values,) = drawn(stand_in_of(keras.layers.GaussianNoise(0.5), (500,)), ONES)
    assert values.mean() == pytest.approx(1, abs=0.007)
    assert values.std() == pytest.approx(0.5, abs=0.005)


def test_gaussian_dropout_has_keras_standard_deviation():
    (values,) = drawn(stand_in_of(keras.layers.GaussianDropout(0.2), (500,)), 2 * ONES)
    assert values.mean() == pytest.approx(2, abs=0.013)
    assert values.std() == pytest.approx(2 * 0.5, abs=0.009)


def test_each_call_draws_other_noise():
    one, two = drawn(CounterNoise(0.5, seed=7), calls=2)
    assert not (one == two).any()


def test_noise_is_off_outside_training():
    assert (CounterNoise(0.5, seed=7)(ONES, training=False).numpy() == 1).all()


def test_nested_model_gets_stand_ins():
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dropout(0.5)])
    trained = with_stand_ins(
        keras.Sequential([keras.Input((2,)), inner, keras.layers.Dense(1)]), seed=1
    )
    dense, dropout = trained.layers[0].layers
    assert dense is inner.layers[0]
    assert type(dropout) is CounterDropout


def test_layers_draw_different_numbers_from_one_seed():
    layers = [keras.layers.Dropout(0.5), keras.layers.Dropout(0.5)]
    trained = with_stand_ins(
        keras.Sequential([keras.Input((500,)), *layers, keras.layers.Dense(1)]), seed=1
    )
    one, two = (drawn(layer)[0] for layer in trained.layers[:2])
    assert not (one == two).all()
