"""The served model reads the columns of the CSV and predicts in the unit of the target."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.data import tables
from pipeline.data.columns.reader import reading_of
from pipeline.data.encoded import Levels
from pipeline.data.prepared import (
    SPLITS,
    CategoricalFeature,
    NumericFeature,
    Table,
    Target,
    TextFeature,
    input_name,
    load_split,
)
from pipeline.data.preparing.encoding import encode
from pipeline.data.preparing.inputs import Inputs
from pipeline.models import families, serving
from pipeline.models.families.linear import Linear
from pipeline.models.families.mlp import Mlp
from pipeline.models.families.tabular import Embedding, Tabular
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, numbers_of, table
from tests.support.toy import prepare_all

NETWORKS = {
    "mlp": Mlp(units=[5]),
    "periodic": Tabular(embedding=Embedding.periodic, frequency_scale=0.5, units=[5]),
    "piecewise": Tabular(embedding=Embedding.piecewise, one_hot_levels=1, units=[5]),
}


@pytest.fixture(scope="module")
def prepared_prices(tmp_path_factory):
    """The facts and the folder of a regression."""
    folder = tmp_path_factory.mktemp("prices")
    return prepare_all(folder)["prices"], folder / "data/prepared/prices"


@pytest.fixture(params=NETWORKS)
def prices(prepared_prices, request):
    """The facts and the folder of a regression, and a network for it."""
    meta, folder = prepared_prices
    return meta, folder, families.build(NETWORKS[request.param], meta, seed=1)


def served_rows(prices, columns: dict[str, list[Any]]) -> np.ndarray:
    """Predictions of the served model for columns of the CSV."""
    meta, _, network = prices
    inputs = {}
    for name, values in columns.items():
        kind = tf.string if meta.table.reading_of(name).takes_text else tf.float64
        inputs[input_name(name)] = tf.reshape(tf.constant(values, dtype=kind), (-1, 1))
    return np.array(serving.serve(network, meta)(inputs))


def expected_rows(prices, columns: dict[str, list[Any]]) -> np.ndarray:
    """The same predictions by the encoding of `prepare`, the network and the target's unit."""
    meta, _, network = prices
    readings = meta.table.readings
    categorical = {one.column: Levels.of(columns[one.column]) for one in readings if one.takes_text}
    numeric = {one.column: np.array(columns[one.column]) for one in readings if not one.takes_text}
    x = encode(meta.table, Inputs(list(columns), numeric, categorical, readings))
    return np.array(network(x)) * meta.targets[0].scale + meta.targets[0].mean


@pytest.mark.parametrize("split", SPLITS)
def test_raw_and_prepared_rows_give_equal_predictions(prices, split):
    meta, folder, network = prices
    part = load_split(folder, split)
    text = tables.read(part.rows)
    columns = {
        reading.column: text.columns[reading.column]
        if reading.takes_text
        else numbers_of(text, reading.column).tolist()
        for reading in meta.table.readings
    }
    expected = np.array(network(np.array(part.x))) * meta.targets[0].scale + meta.targets[0].mean
    assert served_rows(prices, columns) == pytest.approx(expected, abs=1e-6)


ROW = {"rooms": [4.0], "houses": [2.0], "size / m2": [30.0], "area": ["north"]}
UNUSUAL = {
    "a missing number": {"rooms": [4.0], "houses": [2.0], "size / m2": [np.nan], "area": ["north"]},
    "an infinite number": {
        "rooms": [4.0],
        "houses": [2.0],
        "size / m2": [np.inf],
        "area": ["north"],
    },
    "a ratio over zero": {"rooms": [4.0], "houses": [0.0], "size / m2": [30.0], "area": ["north"]},
    "a ratio of zeros": {"rooms": [0.0], "houses": [0.0], "size / m2": [30.0], "area": ["north"]},
    "a category never seen": {
        "rooms": [4.0],
        "houses": [2.0],
        "size / m2": [30.0],
        "area": ["the moon"],
    },
    "a missing category": {"rooms": [4.0], "houses": [2.0], "size / m2": [30.0], "area": [""]},
}


def test_unusual_rows_are_encoded_as_in_preparation(prices):
    rows = {column: [value for row in UNUSUAL.values() for value in row[column]] for column in ROW}
    served = dict(zip(UNUSUAL, served_rows(prices, rows)[:, 0].tolist(), strict=True))
    expected = dict(zip(UNUSUAL, expected_rows(prices, rows)[:, 0].tolist(), strict=True))
    assert np.isfinite(list(served.values())).all()
    assert served == pytest.approx(expected, abs=1e-6)
    assert served["a category never seen"] != served["a missing category"]


def test_inputs_have_names_of_columns_without_slashes(prices):
    meta, _, network = prices
    served = serving.serve(network, meta)
    assert {tensor.name for tensor in served.inputs} == {"houses", "size _ m2", "rooms", "area"}


def test_prediction_is_in_the_unit_of_the_target(prices):
    meta, folder, _ = prices
    network = families.build(Mlp(units=[5]), meta, seed=1)
    network.get_layer("output").set_weights([np.zeros((5, 1)), np.ones(1)])
    served = served_rows((meta, folder, network), UNUSUAL["a missing number"])
    assert served[0, 0] == pytest.approx(meta.targets[0].mean + meta.targets[0].scale)


def test_saved_model_predicts_the_same(prices, tmp_path):
    meta, _, network = prices
    served = serving.serve(network, meta)
    served.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    row = {
        input_name(name): tf.reshape(tf.constant(values), (-1, 1))
        for name, values in {
            "rooms": [4.0],
            "houses": [2.0],
            "size / m2": [np.nan],
            "area": ["south"],
        }.items()
    }
    row = {
        name: tf.cast(value, tf.float64) if value.dtype.is_floating else value
        for name, value in row.items()
    }
    assert np.array_equal(np.array(loaded(row)), np.array(served(row)))


MEANINGS = {
    " north\t": "north",
    "\u00a0north\u2003": "north",
    " ? ": "",
    "N/A": "",
    "None": "",
    "   ": "",
    "North": "the moon",
    "northern": "the moon",
    "nort": "the moon",
}


def test_cells_mean_what_they_mean_in_preparation(prices):
    by_area = {}
    for areas in (list(MEANINGS), [*MEANINGS.values()]):
        rows = {column: values * len(areas) for column, values in ROW.items()} | {"area": areas}
        by_area |= dict(zip(areas, served_rows(prices, rows)[:, 0].tolist(), strict=True))
    assert {cell: by_area[cell] for cell in MEANINGS} == {
        cell: by_area[meaning] for cell, meaning in MEANINGS.items()
    }
    assert len(set(by_area.values())) == 3


def test_columns_are_taken_by_name_in_any_order(prices):
    shuffled = dict(reversed(ROW.items()))
    assert np.array_equal(served_rows(prices, ROW), served_rows(prices, shuffled))


def test_surplus_columns_are_ignored(prices):
    meta, _, network = prices
    model = serving.serve(network, meta)
    row = {input_name(column): tf.constant([values]) for column, values in ROW.items()}
    # Keras sorts inputs by their names.
    extra = row | dict.fromkeys(("aaa", "price", "zzz"), tf.constant([[7.0]]))
    assert np.array_equal(np.array(model(extra)), np.array(model(row)))
    predicted = model.predict(tf.data.Dataset.from_tensors(extra), verbose=0)
    assert predicted == pytest.approx(np.array(model(row)), abs=1e-6)  # by another compilation


def test_missing_column_is_an_error(prices):
    with pytest.raises(ValueError, match="rooms"):
        served_rows(prices, {name: values for name, values in ROW.items() if name != "rooms"})


def test_prediction_far_from_zero_keeps_its_digits(prices):
    meta, folder, network = prices
    far = replace(meta, targets=[replace(meta.targets[0], mean=1e8, scale=1.0)])
    near = replace(meta, targets=[replace(meta.targets[0], mean=0.0, scale=1.0)])
    difference = served_rows((far, folder, network), ROW) - 1e8
    assert difference == pytest.approx(served_rows((near, folder, network), ROW), abs=1e-7)


def test_pixels_become_probabilities():
    served = serving.serve(families.build(Linear(), images(), seed=1), images())
    pixels = np.random.default_rng(0).integers(0, 256, size=(5, 8, 8, 1)).astype(np.uint8)
    answer = np.array(served(pixels))
    assert answer.shape == (5, 3)
    assert answer.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-6)
    assert (answer > 0).all()


def test_probabilities_are_softmax_of_the_output():
    network = families.build(Linear(), images(), seed=1)
    pixels = np.full((1, 8, 8, 1), 200, dtype=np.uint8)
    raw = np.exp(np.array(network(pixels), dtype=np.float64))
    assert np.array(serving.serve(network, images())(pixels)) == pytest.approx(
        raw / raw.sum(), abs=1e-6
    )


def test_two_classes_give_probability_of_the_second():
    network = families.build(Linear(), table(), seed=1)
    network.set_weights([np.array([[1.0], [0.0]]), np.array([0.0])])
    inputs = {
        "x0": tf.constant([[0.0], [np.log(3.0)]], tf.float64),
        "x1": tf.zeros((2, 1), tf.float64),
    }
    assert np.array(serving.serve(network, table())(inputs)) == pytest.approx(
        np.array([[0.5], [0.75]]), abs=1e-6
    )


def test_logarithm_is_undone(prepared_prices):
    meta, _ = prepared_prices
    meta = replace(meta, targets=[Target("price", 1000.0, mean=2.0, scale=0.5, logarithm=True)])
    network = families.build(Mlp(units=[5]), meta, seed=1)
    part = load_split(prepared_prices[1], "test")
    text = tables.read(part.rows)
    columns = {
        one.column: text.columns[one.column]
        if one.takes_text
        else numbers_of(text, one.column).tolist()
        for one in meta.table.readings
    }
    raw = np.array(network(np.array(part.x)), dtype=np.float64)
    assert served_rows((meta, None, network), columns) == pytest.approx(
        np.exp(raw * 0.5 + 2.0), rel=1e-5
    )


@pytest.mark.parametrize("settings", NETWORKS.values(), ids=NETWORKS)
def test_words_and_categories_are_encoded_as_in_preparation(settings):
    readings = [reading_of("size", "number"), reading_of("kind", "category")]
    readings.append(reading_of("message", "text", missing=()))
    number = NumericFeature("size", ["size"], 0.0, 1.0, 2.0, quantiles=[-1.0, 0.0, 1.0])
    meta = table(
        shape=[6],
        table=Table(
            [number],
            [CategoricalFeature("kind", ["a", "b"])],
            readings,
            [TextFeature("message", ["call", "na", "now"])],
        ),
    )
    columns = {
        "size": [1.0, 3.0, 5.0],
        "kind": ["a", " b ", "c"],
        "message": ["Call, now!", "NA", ""],
    }
    texts = {"kind": Levels.of(["a", "b", "c"]), "message": Levels.of(columns["message"])}
    x = encode(
        meta.table, Inputs(list(columns), {"size": np.array(columns["size"])}, texts, readings)
    )
    assert x[:, 1:].tolist() == [[1, 0, 1, 0, 1], [0, 1, 0, 1, 0], [0, 0, 0, 0, 0]]
    network = families.build(settings, meta, seed=1)
    expected = np.array(keras.ops.sigmoid(network(x)))
    assert served_rows((meta, None, network), columns) == pytest.approx(expected, abs=1e-6)
