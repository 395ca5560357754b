"""Scripts with several targets: columns of numbers, labels, and networks with several outputs."""

import json

import keras
import numpy as np
import pyarrow.parquet
import pytest
import yaml

from pipeline.adopting import plan
from pipeline.adopting.outputs import are_labels, joined
from pipeline.adopting.script import record
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal

HEAD = """
import keras, numpy as np
x = np.random.default_rng(0).normal(size=(40, 3)) * [1, 5, 9] + 2
y = np.column_stack([x[:, 0] + x[:, 1], x[:, 2] - x[:, 0]])
b = (y > y.mean(axis=0)).astype(int)
i = keras.Input((3,))
h = keras.layers.Dense(4, activation="tanh")(i)
"""
TWO = """
model = keras.Model(i, [keras.layers.Dense(1, name=name)(h) for name in "qp"])
model.compile("sgd", {"p": "mse", "q": keras.losses.Huber(delta=2.0)}, loss_weights=[1.0, 0.3])
model.fit(x, {"p": y[:, 0], "q": y[:, 1]})
"""
COLUMNS = """
model = keras.Sequential([i, keras.layers.Dense(2)])
model.compile("sgd", "mae")
model.fit(x, y)
"""
OF_YES_AND_NO = """
ends = [keras.layers.Dense(1, activation="sigmoid", name="p")(h),
        keras.layers.Activation("sigmoid", name="q")(keras.layers.Dense(1)(h))]
model = keras.Model(i, ends)
model.compile("sgd", "binary_crossentropy")
model.fit(x, [b[:, :1], b[:, 1:]])
"""
LABELS = """
model = keras.Sequential([i, keras.layers.Dense(3, activation="sigmoid")])
model.compile("sgd", "binary_crossentropy")
model.fit(x, np.column_stack([b, b[:, 0] & b[:, 1]]))
"""
SCRIPTS = {"two": TWO, "columns": COLUMNS, "of_yes_and_no": OF_YES_AND_NO, "labels": LABELS}


def adopted(folder, code):
    script = folder / "train.py"
    script.write_text(HEAD + code, encoding="utf-8")
    recording = record(script)
    plan.write(recording, "train", "train.py", folder)
    names = ("data", "experiment")
    files = [(folder / f"conf/{name}/train.yaml").read_text(encoding="utf-8") for name in names]
    return recording, *map(yaml.safe_load, files)


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """The folder, the recording and the settings of each script."""
    folders = {name: tmp_path_factory.mktemp(name) for name in SCRIPTS}
    return {name: (folders[name], *adopted(folders[name], SCRIPTS[name])) for name in SCRIPTS}


@pytest.mark.parametrize(
    ("name", "task", "targets", "loss"),
    [
        ("two", "regression", ["q", "p"], "adopted/train.py:loss"),
        ("columns", "regression", ["target_1", "target_2"], "mean_absolute_error"),
        ("of_yes_and_no", "multi_label", ["p", "q"], "adopted/train.py:loss"),
        ("labels", "multi_label", ["label_1", "label_2", "label_3"], "binary_crossentropy"),
    ],
)
def test_each_target_is_a_column(scripts, name, task, targets, loss):
    folder, _, data, experiment = scripts[name]
    assert (data["task"], data["target"]) == (task, targets)
    assert experiment["training"]["loss"] == loss
    columns = pyarrow.parquet.read_table(folder / "adopted/train.parquet").column_names
    assert columns == ["x1", "x2", "x3", *targets]


@pytest.mark.parametrize("name", ["two", "of_yes_and_no"])
def test_loss_of_all_outputs_is_that_of_fit(scripts, name):
    folder, recording, data, _ = scripts[name]
    own: dict = {}
    exec((folder / "adopted/train.py").read_text(encoding="utf-8"), own)
    assert own["build"]((3,), 2).output_shape == (None, 2)
    network = keras.saving.deserialize_keras_object(json.loads(own["NETWORK"]))
    for layer in network.layers:
        if layer.weights:
            layer.set_weights(recording.model.get_layer(layer.name).get_weights())
    x, y = recording.fitted["x"], recording.fitted["y"]
    named = y if isinstance(y, dict) else dict(zip(data["target"], y, strict=True))
    truth = np.column_stack([named[target] for target in data["target"]])
    given = {key: one[:, None] for key, one in y.items()} if isinstance(y, dict) else y
    expected = recording.model.compute_loss(x, given, recording.model(x))
    losses = keras.ops.mean(own["loss"](truth, network(x)))
    np.testing.assert_allclose(float(losses), float(expected), rtol=1e-5)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            TWO.replace('"mse"', '"binary_crossentropy"'),
            "the outputs are of different kinds. Received: q: huber, p: binary_crossentropy. ",
        ),
        (TWO.replace(', "q": y[:, 1]', ""), "the data of fit lacks outputs of the network. "),
        (LABELS.replace("b[:, 0] & b[:, 1]", "b[:, 0] * 2"), "the targets of a crossentropy"),
        (COLUMNS.replace("Dense(2)", "Dense(3)"), "the network has another number of outputs"),
        (LABELS.replace("]))", "]), class_weight={0: 1, 1: 2})"), "class_weight suits one target"),
    ],
)
def test_targets_without_counterpart_are_refused(tmp_path, code, message):
    assert refusal(adopted, tmp_path, code).startswith(message)


def test_one_hot_pairs_are_two_classes():
    assert not are_labels(np.array([[0, 1], [1, 0]]))
    assert are_labels(np.array([[0, 1], [1, 1]]))
    assert are_labels(np.array([[0, 1, 0]]))


def test_outputs_of_several_numbers_are_numbered():
    y, names = joined("y", {"b": np.ones((2, 1)), "a": np.zeros((2, 2))}, ["a", "b"])
    assert (y.tolist(), names) == ([[0, 0, 1]] * 2, ["a_1", "a_2", "b"])
