"""Each member of an ensemble is trained on a loss of its own."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.config.training import Training
from pipeline.models import families
from pipeline.models.families.mlp import Mlp
from pipeline.models.families.tabular import Tabular
from pipeline.models.members import MeanOfMembers, with_members
from pipeline.training import losses
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, regression, table

ENSEMBLE = Tabular(members=2, units=[3])
METAS = {"a number": regression(), "two classes": table(), "several classes": images()}
NAMES = {
    "mean_squared_error": "a number",
    "mean_absolute_error": "a number",
    "binary_crossentropy": "two classes",
    "perceptron": "two classes",
    "sparse_categorical_crossentropy": "several classes",
    "categorical_crossentropy": "several classes",
    "huber": "a number",
    "quantile": "a number",
    "focal": "several classes",
}


def loss_of(name: str):
    return losses.build(Training(epochs=1, loss=name), METAS[NAMES[name]])


def rows_of(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Targets of 4 rows, and raw outputs of 3 members."""
    outputs = METAS[NAMES[name]].outputs
    random = np.random.default_rng(0)
    raw = random.normal(size=(4, 3, outputs)).astype(np.float32)
    return np.array([[0], [1], [1], [0]], np.float32), raw


@pytest.mark.parametrize("name", NAMES)
def test_loss_is_the_mean_of_member_losses(name):
    truth, raw = rows_of(name)
    loss = loss_of(name)
    expected = np.mean([float(loss(truth, raw[:, member])) for member in range(3)])
    assert float(MeanOfMembers(loss)(truth, raw)) == pytest.approx(expected, rel=1e-5)


def test_weights_of_rows_act_on_every_member():
    truth, raw = rows_of("binary_crossentropy")
    loss, weights = loss_of("binary_crossentropy"), np.array([1.0, 0.0, 3.0, 0.5], np.float32)
    expected = [float(loss(truth, raw[:, member], sample_weight=weights)) for member in range(3)]
    weighted = MeanOfMembers(loss)(truth, raw, sample_weight=weights)
    assert float(weighted) == pytest.approx(np.mean(expected), rel=1e-5)


FINITE = st.floats(-20, 20, width=32)


@given(raw=arrays(np.float32, (5, 4, 3), elements=FINITE))
def test_loss_of_the_mean_is_never_larger(raw):
    truth = np.array([[0], [1], [2], [1], [0]], np.float32)
    loss = loss_of("sparse_categorical_crossentropy")
    of_members, of_mean = MeanOfMembers(loss)(truth, raw), loss(truth, raw.mean(axis=1))
    assert float(of_mean) <= float(of_members) + 1e-4


@given(
    raw=arrays(np.float32, (5, 4, 1), elements=FINITE),
    truth=arrays(np.float32, (5, 1), elements=FINITE),
)
def test_squared_error_adds_the_variance_of_members(raw, truth):
    loss = loss_of("mean_squared_error")
    gap = float(MeanOfMembers(loss)(truth, raw)) - float(loss(truth, raw.mean(axis=1)))
    assert gap == pytest.approx(np.mean(np.var(raw, axis=1)), rel=1e-3, abs=1e-3)


def test_trained_network_ends_with_the_members():
    network = families.build(ENSEMBLE, table(), seed=1)
    trained, loss = with_members(network, loss_of("binary_crossentropy"))
    assert trained.output_shape == (None, 2, 1)
    assert isinstance(loss, MeanOfMembers)
    paths = [variable.path for variable in network.trainable_variables]
    assert [variable.path for variable in trained.trainable_variables] == paths


def test_network_without_members_stays():
    network = families.build(Mlp(), table(), seed=1)
    loss = keras.losses.MeanSquaredError()
    assert with_members(network, loss) == (network, loss)
