"""The body of a served model: what this package loads and feeds."""

import keras
import numpy as np
import pytest

from pipeline.data.columns.reader import reading_of
from pipeline.data.prepared import CategoricalFeature, NumericFeature, Table
from pipeline.models import body, families, saved, serving
from pipeline.models.anatomy import network_of, with_raw_output
from pipeline.models.families.linear import Linear
from tests.support.metas import images, table

READINGS = [
    reading_of("area", "category"),
    reading_of("rooms", "number", missing=["-9", "-1"]),
    reading_of("houses", "number", missing=["-9"]),
]
NUMBERS = [
    NumericFeature("houses", ["houses"], 1.0, 2.0, 3.0),
    NumericFeature("ratio", ["rooms", "houses"], 0.5, 1.0, 2.0),
]
META = table(
    shape=[4], table=Table(NUMBERS, [CategoricalFeature("area", ["a", "b"])], READINGS, [])
)
COLUMNS = {
    "area": np.array([["a"], [" b"], ["?"]], dtype=object),
    "rooms": np.array([[4.0], [-1.0], [-9.0]]),
    "houses": np.array([[2.0], [-1.0], [-9.0]]),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model.keras"
    serving.serve(families.build(Linear(), META, seed=1), META).save(path)
    return path


def test_body_has_the_bits_of_the_model(path):
    whole, loaded = keras.saving.load_model(path, compile=False), saved.load(path)
    inputs = {name: keras.ops.convert_to_tensor(own) for name, own in COLUMNS.items()}
    own = body.values_for(loaded, COLUMNS)
    assert np.array_equal(np.array(whole(inputs)), np.array(loaded(own)))


def test_body_takes_numbers_together_and_texts_separately(path):
    loaded = saved.load(path)
    assert {one.name: one.shape for one in loaded.inputs} == {
        "numbers": (None, 2),
        "column_1": (None, 1),
    }
    assert list(body.joined(COLUMNS)) == ["numbers", "column_1"]


def test_numbers_are_encoded_as_in_preparation(path):
    loaded = saved.load(path)
    network = network_of(loaded)
    network.set_weights([np.array([[1.0], [10.0], [100.0], [1000.0]]), np.zeros(1)])
    raw = np.array(with_raw_output(loaded)(body.joined(COLUMNS)))[:, 0]
    # The missing rooms and houses of the last rows give the median of the ratio.
    houses, ratio = np.array([0, -1, -1 / 3]), np.array([0.5, -0.25, -0.25])
    assert raw == pytest.approx(houses + 10 * ratio + np.array([100, 1000, 0]), abs=1e-4)


def test_whole_model_takes_columns_by_name(path):
    whole = keras.saving.load_model(path, compile=False)
    assert [one.name for one in whole.inputs] == ["area", "rooms", "houses"]
    assert body.values_for(whole, COLUMNS) is COLUMNS


def test_model_of_images_is_its_own_body():
    served = serving.serve(families.build(Linear(), images(), seed=1), images())
    assert body.body_of(served) is served


def test_equation_of_a_layer_is_not_own_code(tmp_path):
    inputs = keras.Input((3,))
    outputs = keras.layers.EinsumDense("bi,io->bo", output_shape=2)(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "model.keras")
    assert saved.own_objects(tmp_path / "model.keras") == []
