"""The user's own losses, and those of Keras by their names."""

from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.config.training import Training
from pipeline.training import losses
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support import refusals
from tests.support.metas import images, regression, table

TEXT = """
import keras
import numpy as np
from keras import ops

def half(y_true, y_pred, share=0.5):
    return share * ops.square(ops.cast(y_true, y_pred.dtype) - y_pred)

def scalar(y_true, y_pred):
    return ops.mean(half(y_true, y_pred))

def flat(y_true, y_pred):
    return ops.mean(ops.cast(ops.round(y_pred), "float32"), axis=-1)

def numpy(y_true, y_pred):
    return np.mean(np.asarray(y_pred), axis=-1)

def broken(y_true, y_pred):
    return y_pred.gone

def logits(y_true, y_pred, from_logits=False):
    assert from_logits
    return ops.mean(y_pred, axis=-1)

class Half(keras.losses.Loss):
    def __init__(self, share=0.5):
        super().__init__()
        self.share = share
    def call(self, y_true, y_pred):
        return half(y_true, y_pred, self.share)[:, 0]

class Foreign:
    pass
"""
Y = np.array([[0.0], [2.0]], np.float32)
RAW = np.array([[1.0], [5.0]], np.float32)


@pytest.fixture(autouse=True)
def _file(in_empty_folder):
    Path("mine.py").write_text(TEXT)


def training(loss: str, **settings) -> Training:
    return Training(epochs=1, loss=loss, **settings)


def refusal(loss: str, meta=None, **settings) -> str:
    def build():
        losses.build(training(loss, **settings), meta or regression())

    return refusals.refusal(build)


@pytest.mark.parametrize("name", ["mine.py:half", "mine.py:Half"])
@pytest.mark.parametrize(("reduction", "value"), [("mean", 1.25), ("sum", 2.5)])
def test_own_loss_is_reduced_by_the_setting(name, reduction, value):
    settings = training(name, loss_arguments={"share": 0.25}, loss_reduction=reduction)
    settings.loss_reduction = losses.Reduction(reduction)
    assert float(losses.build(settings, regression())(Y, RAW)) == value


@pytest.mark.parametrize("name", ["mine.py:half", "mine.py:Half"])
def test_own_loss_gives_a_value_for_each_row(name):
    values = losses.by_row(training(name), regression())(Y, RAW)
    assert np.array_equal(values, [0.5, 4.5])


def test_outputs_are_raw_numbers_for_from_logits():
    losses.build(training("mine.py:logits"), table())


@pytest.mark.parametrize(
    ("loss", "meta", "expected"),
    [
        (
            "mine.py:scalar",
            None,
            "training.loss does not give one value for each row. Received: shape () of "
            "mine.py:scalar for 4 rows. Take the mean over the last axis only: "
            "keras.ops.mean(…, axis=-1).",
        ),
        (
            "mine.py:flat",
            None,
            "training.loss has no gradient, so the network cannot learn from it. "
            "Received: mine.py:flat. Compute with functions of keras.ops that have a gradient. "
            "NumPy, argmax, round and casts to integers have none.",
        ),
        (
            "mine.py:Foreign",
            None,
            "training.loss names a class that does not derive from keras.losses.Loss. "
            "Received: mine.py:Foreign. Name a function of y_true and y_pred, or derive the class "
            "from it.",
        ),
        (
            "keras.losses:LogCosh",
            images(),
            "training.loss does not suit several classes. Received: keras.losses:LogCosh. "
            "Choose categorical_crossentropy or focal or sparse_categorical_crossentropy.",
        ),
        (
            "keras.losses:KLDivergence",
            None,
            "training.loss is not a loss of Keras for the raw outputs of a network. "
            "Received: keras.losses:KLDivergence.",
        ),
    ],
)
def test_loss_is_refused_in_one_line(loss, meta, expected):
    assert refusal(loss, meta).startswith(expected)


@pytest.mark.parametrize("name", ["numpy", "broken"])
def test_failing_loss_is_refused(name):
    assert refusal(f"mine.py:{name}").startswith(
        "training.loss has no gradient"
        if name == "numpy"
        else "training.loss fails: mine.py:broken. Received: AttributeError: "
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"shar": 1}, "training.loss_arguments.shar is not an argument of mine.py:half"),
        ({"reduction": "sum"}, "training.loss_arguments.reduction is not an argument of the loss"),
        ({"from_logits": False}, "training.loss_arguments.from_logits is invalid. Received: False"),
        ({"y_true": 1}, "training.loss_arguments.y_true is not an argument of mine.py:half"),
    ],
)
def test_argument_is_refused_in_one_line(arguments, expected):
    assert refusal("mine.py:half", loss_arguments=arguments).startswith(expected)


@pytest.mark.parametrize(
    ("name", "meta"),
    [
        ("Huber", regression()),
        ("LogCosh", regression()),
        ("MeanAbsolutePercentageError", regression()),  # its target is not standardised
        ("BinaryCrossentropy", table()),
        ("Hinge", table()),
        ("CategoricalCrossentropy", images()),
        ("SparseCategoricalCrossentropy", images()),
    ],
)
def test_loss_of_keras_takes_raw_outputs(name, meta):
    loss = losses.build(training(f"keras.losses:{name}"), meta)
    y, raw = np.array([[1], [0]]), np.linspace(-2, 2, 2 * meta.outputs).reshape(2, -1)
    kind = getattr(keras.losses, name)
    plain = kind(from_logits=True) if "Cross" in name else kind()
    truth = np.eye(3)[y[:, 0]] if name.startswith("Categorical") else y
    assert np.isclose(float(loss(y, raw)), float(plain(truth, raw)), rtol=1e-6)


@pytest.mark.parametrize(("mean", "scale"), [(0.0, 2.0), (1.0, 1.0)])
def test_percentage_of_a_standardised_target_is_refused(mean, scale):
    meta = regression()
    meta.targets[0].__dict__.update(mean=mean, scale=scale)
    assert "Set data.standardize_target: false" in refusal(
        "keras.losses:MeanAbsolutePercentageError", meta
    )


def test_percentage_of_a_target_in_its_own_unit_is_a_loss():
    meta = regression()
    meta.targets[0].__dict__.update(mean=0.0, scale=1.0)
    loss = losses.build(training("keras.losses:MeanAbsolutePercentageError"), meta)
    assert float(loss(np.array([[4.0]]), np.array([[3.0]]))) == 25
