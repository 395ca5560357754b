"""Tables of layers and weights."""

import keras
import numpy as np

from pipeline.models import description
from tests.support import pinned_threads as pinned  # noqa: F401


def test_trainable_weights_are_counted_separately():
    network = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(name="norm")])
    table = description.overview(network, title="")
    assert [list(column.cells) for column in table.columns[4:]] == [["16"], ["8"]]
    assert [column.footer for column in table.columns[4:]] == ["16", "8"]


def test_weights_have_statistics():
    layer = keras.layers.Dense(2, name="dense_1")
    keras.Sequential([keras.Input((2,)), layer])
    layer.set_weights([np.array([[3.0, 0.0], [-1.0, 0.0]]), np.array([0.0, 4.0])])
    table = description.weights(layer)
    columns = ([str(cell) for cell in column.cells] for column in table.columns)
    assert list(zip(*columns, strict=True)) == [
        ("kernel", "(2, 2)", "float32", "0.5", "1.5", "-1", "3", "50.0%", "3.162"),
        ("bias", "(2,)", "float32", "2", "2", "0", "4", "50.0%", "4"),
    ]
    assert table.title == "dense_1: Dense, output (None, 2)"


def test_exact_layer_name_comes_first():
    layers = [keras.layers.Dense(1, name="dense_1"), keras.layers.Dense(2, name="dense1")]
    network = keras.Sequential([keras.Input((2,)), *layers])
    assert description.find(network, "dense1").units == 2
    assert description.find(network, "dense_1").units == 1
