"""Arrays of scripts as data variants."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

from pipeline.adopting.bundled import Images
from pipeline.adopting.refusal import AdoptionError
from pipeline.adopting.rows import Rows, of_arrays, of_bundled, rows_of
from tests.support.refusals import refusal

RANDOM = np.random.default_rng(0)
TRAIN = Rows(RANDOM.normal(5, 2, (20, 3)), np.arange(20) % 2)
OTHER = Rows(RANDOM.normal(5, 2, (6, 3)), np.arange(6) % 2)
TEST = Rows(RANDOM.normal(5, 2, (4, 3)), np.arange(4) % 2)
WEIGHTS = np.arange(20.0)


def prepared(train=TRAIN, validation=OTHER, test=TEST, task="classification"):
    missing = []
    made = of_arrays("x.parquet", train, validation, test, task=task, missing=missing)
    return made, missing


def test_splits_are_blocks_of_the_file(tmp_path):
    made, missing = prepared()
    assert made.data["split"] == {"method": "first", "test": 4, "validation": 6}
    made.write(tmp_path / "x.parquet")
    table = parquet.read_table(tmp_path / "x.parquet").to_pandas()
    assert list(table) == ["x1", "x2", "x3", "label"]
    np.testing.assert_array_equal(table.iloc[10:, :3], TRAIN.x)
    np.testing.assert_array_equal(table.iloc[:4]["label"], TEST.y)
    assert missing == []


def test_first_layer_undoes_the_scaling():
    made, _ = prepared()
    (layer,) = made.front
    assert layer["class_name"] == "Rescaling"
    np.testing.assert_allclose(layer["offset"], TRAIN.x.mean(axis=0), rtol=1e-8)
    np.testing.assert_allclose(layer["scale"], TRAIN.x.std(axis=0), rtol=1e-8)


def test_standardised_columns_need_no_layer():
    x = (TRAIN.x - TRAIN.x.mean(axis=0)) / TRAIN.x.std(axis=0)
    assert prepared(train=Rows(x, TRAIN.y))[0].front == []


def test_constant_column_is_not_scaled():
    x = np.column_stack([TRAIN.x[:, 0], np.full(20, 7.0)])
    (layer,) = prepared(train=Rows(x, TRAIN.y), validation=None, test=None)[0].front
    assert (layer["scale"][1], layer["offset"][1]) == (1, 7)


def test_rows_of_both_splits_are_parted():
    made, missing = prepared(test=OTHER)
    assert made.data["split"] == {"method": "first", "test": 3, "validation": 3}
    assert missing[0].startswith("the same 6 rows for validation and testing")


@pytest.mark.parametrize(
    ("splits", "text"),
    [
        ({"test": None}, "validation on all 6 rows: every second one is for testing"),
        ({"validation": None}, "a test on all 4 rows: every second one is for validation"),
    ],
)
def test_rows_of_one_split_are_parted(splits, text):
    made, missing = prepared(**splits)
    assert made.data["split"]["method"] == "first"
    assert missing[0].startswith(text)


def test_script_without_other_rows_gives_some_up():
    made, missing = prepared(validation=None, test=None)
    assert made.data["split"] == {"method": "first", "test": 4, "validation": 3}
    assert missing[0].startswith("all 20 training rows")


def test_truth_table_is_used_whole():
    made, _ = prepared(train=TRAIN.part(slice(4)), validation=None, test=None)
    assert made.data["split"] == {"method": "whole"}


def test_target_of_a_regression_keeps_its_unit():
    assert prepared(task="regression")[0].data["standardize_target"] is False


def test_names_of_a_frame_are_kept():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    rows, _ = rows_of("fit", frame, pd.Series([0, 1], name="sick"))
    assert (rows.names, rows.targets) == (["a", "b"], ["sick"])


def test_dataset_gives_rows_and_batch():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((TRAIN.x, TRAIN.y)).batch(8)
    rows, batch = rows_of("fit", data)
    np.testing.assert_array_equal(rows.x, TRAIN.x)
    assert batch == 8


def test_dataset_may_have_weights():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((TRAIN.x, TRAIN.y, WEIGHTS)).batch(8)
    np.testing.assert_array_equal(rows_of("fit", data)[0].weights, WEIGHTS)


def test_dataset_without_end_is_refused():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((TRAIN.x, TRAIN.y)).repeat().batch(8)
    assert refusal(rows_of, "fit", data, error=AdoptionError) == (
        "the dataset has no end. Received: a tf.data.Dataset with repeat(). "
        "Remove repeat(), then adopt the script again."
    )


def test_weights_become_a_column(tmp_path):
    made, _ = prepared(train=replace(TRAIN, weights=WEIGHTS))
    assert made.data["sample_weight"] == "sample_weight"
    made.write(tmp_path / "x.parquet")
    table = parquet.read_table(tmp_path / "x.parquet").to_pandas()
    np.testing.assert_array_equal(table["sample_weight"], [*np.ones(10), *WEIGHTS])


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        ((row for row in TRAIN.x), None, "fit gets no arrays of numbers. Received: generator"),
        ({"a": TRAIN.x, "b": TRAIN.x}, TRAIN.y, "the network takes several inputs"),
        (np.array([[1.0], [np.nan]]), np.array([0, 1]), "features have missing or infinite"),
        (TRAIN.x, TRAIN.y[:3], "features and targets have different numbers of rows"),
    ],
)
def test_other_data_are_refused(x, y, text):
    assert refusal(rows_of, "fit", x, y, error=AdoptionError).startswith(text)


def test_thousand_columns_are_a_table():
    wide = Rows(np.zeros((4, 1_000)), np.zeros(4))
    assert len(prepared(train=wide, validation=None, test=None)[0].data["numeric"]) == 1_000


def test_wide_arrays_are_refused():
    wide = Rows(np.zeros((4, 1_001)), np.zeros(4))
    message = refusal(prepared, train=wide, error=AdoptionError)
    assert message.startswith("the arrays are too large for a table")


PIXELS = RANDOM.integers(0, 256, (30, 4, 4, 1), dtype=np.uint8)
LABELS = (np.arange(30) % 3).astype(np.int32)
IMAGES = Images("mnist", ["a", "b", "c"], PIXELS, LABELS, PIXELS[:6], LABELS[:6])


def of_images(x, y=LABELS, validation=None, tail=0):
    missing = []
    return of_bundled(IMAGES, Rows(x, y), validation, tail, missing), missing


def test_bundled_rows_need_no_file():
    made, missing = of_images(PIXELS.reshape(30, 16) / 255, tail=5)
    assert made.source is None
    assert made.data["source"] == "mnist"
    assert made.data["split"] == {"method": "last", "validation": 5}
    assert made.pixel_range == [0.0, 1.0]
    assert made.front == [{"class_name": "Flatten"}]
    assert missing == []


@pytest.mark.parametrize(
    ("rows", "held_out", "method"),
    [(slice(5, None), slice(5), "first"), (slice(25), slice(25, None), "last")],
)
def test_held_out_block_is_the_validation_split(rows, held_out, method):
    validation = Rows(PIXELS[held_out] / 127.5 - 1, LABELS[held_out])
    made, _ = of_images(PIXELS[rows] / 127.5 - 1, LABELS[rows], validation)
    assert made.data["split"] == {"method": method, "validation": 5}
    assert made.pixel_range == [-1.0, 1.0]


def test_bundled_rows_without_validation_give_some_up():
    made, missing = of_images(PIXELS[..., 0] / 255)
    assert made.data["split"] == {"method": "last", "validation": 6}
    assert made.front == [{"class_name": "Reshape", "target_shape": [4, 4]}]
    assert missing[0].startswith("all 30 training rows: the last 6 are for validation")


def test_rows_in_another_order_are_no_block():
    assert of_images(PIXELS[::-1] / 255, LABELS[::-1])[0] is None
