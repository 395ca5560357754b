"""Two trainings, compared to the bit."""

import math

import keras
import numpy as np
import pytest

from pipeline.reproducing.differences import (
    Departure,
    departures,
    figures_of,
    other_variables,
    stored,
)
from pipeline.runs.history import Point

SAME = {"train/loss": {3: 0.5, 6: 0.25}}


def test_equal_figures_have_no_departure():
    assert departures(SAME, {"train/loss": {3: 0.5, 6: 0.25}}) == []


def test_last_bit_is_a_departure():
    again = {"train/loss": {3: 0.5, 6: math.nextafter(0.25, 1)}}
    assert departures(SAME, again) == [Departure("train/loss", 6, 0.25, math.nextafter(0.25, 1))]


def test_missing_point_is_a_departure():
    assert departures(SAME, {"train/loss": {3: 0.5}}) == [Departure("train/loss", 6, 0.25, None)]


def test_nan_equals_nan():
    assert departures({"a": {1: math.nan}}, {"a": {1: math.nan}}) == []


def test_departures_are_in_the_order_of_steps():
    before, again = {"a": {9: 1.0}, "b": {3: 1.0}}, {"a": {9: 2.0}, "b": {3: 2.0}}
    assert [one.step for one in departures(before, again)] == [3, 9]


def test_own_metric_has_the_name_of_the_store():
    point = Point(3, 1.0, 0, 0.0, 0.0, 0, 0.1, {"train/my_models.py:cost": 0.5})
    assert stored(figures_of([point])) == {
        "train/my_models.py:3A:cost": {3: 0.5},
        "learning_rate": {3: 0.1},
    }


def saved(path, weights):
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="output")])
    network.layers[0].set_weights([np.array(weights, np.float32).reshape(2, 1), np.zeros(1)])
    network.save(path)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("models") / "one.keras", [1.0, 2.0])


def test_equal_models_have_no_other_variable(model):
    assert other_variables(model, model) == []


def test_variable_with_another_value_is_named_with_its_size(model, tmp_path):
    [other] = other_variables(model, saved(tmp_path / "two.keras", [1.0, 2.5]))
    assert (other.shape, other.count, other.largest) == ((2, 1), 1, 0.5)
    assert str(other).startswith("1 of 2 values of layers/dense")
