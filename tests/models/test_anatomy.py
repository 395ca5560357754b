"""Layers of a served model: their kinds, their weights and their outputs."""

import keras
import numpy as np
import pytest

from pipeline.config.model import FAMILIES
from pipeline.models import anatomy, serving
from pipeline.models.families.cnn import Cnn
from pipeline.models.families.layers import Layers
from pipeline.models.families.linear import Linear
from pipeline.models.families.mlp import Api, Mlp
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, table

CNN = Cnn(filters=[2, 3], kernel_size=3, units=[4])
PIXELS = np.arange(2 * 64, dtype=np.uint8).reshape(2, 8, 8, 1)
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=np.float32)


def build(config, meta):
    """Builds a network without clearing Keras's session, because that takes most of the time."""
    return FAMILIES.load(config.family, key="model.family").build(config, meta, 1)


def two_units(activation: str):
    """A network of two inputs and two hidden units: their sum is above 1.5, and above 0.5."""
    network = build(Mlp(units=[2], activation=activation), table())
    network.set_weights(
        [np.ones((2, 2)), np.array([-1.5, -0.5]), np.array([[-1.0], [1.0]]), np.array([-0.5])]
    )
    return network


def outputs(network, rows) -> list[float]:
    return np.array(network(rows))[:, 0].tolist()


@pytest.mark.parametrize("api", Api)
def test_loaded_model_contains_the_trained_network(tmp_path, api):
    network = build(Mlp(units=[4], api=api), images())
    serving.serve(network, images()).save(tmp_path / "model.keras")
    loaded = anatomy.network_of(keras.saving.load_model(tmp_path / "model.keras", compile=False))
    assert np.array_equal(np.array(loaded(PIXELS)), np.array(network(PIXELS)))


@pytest.mark.parametrize(
    ("config", "names"), [(CNN, ["conv_1", "conv_2"]), (Mlp(), []), (Linear(), [])]
)
def test_convolutions_are_in_order(config, names):
    assert [layer.name for layer in anatomy.convolutions(build(config, images()))] == names


def test_activations_are_outputs_of_layers():
    network = anatomy.network_of(serving.serve(build(CNN, images()), images()))
    activations = anatomy.activations_of(network, ["conv_1", "dense_1"], PIXELS)
    assert list(activations) == ["conv_1", "dense_1"]
    assert activations["dense_1"].shape == (2, 4)
    expected = network.get_layer("conv_1")(PIXELS / np.float32(255))
    assert activations["conv_1"] == pytest.approx(np.array(expected), abs=1e-6)


def test_unknown_layer_has_no_activations():
    with pytest.raises(ValueError, match="No such layer: conv_9"):
        anatomy.activations_of(build(CNN, images()), ["conv_9"], PIXELS)


@pytest.mark.parametrize(
    ("config", "meta", "name"),
    [
        (Mlp(), images(), "dense_1"),
        (Mlp(api=Api.functional), images(), "dense_1"),
        (Linear(), images(), "output"),
        (CNN, images(), None),
        (Mlp(), table(), None),
        (
            Layers(layers=[{"class_name": "Dense", "units": 5}, {"class_name": "Flatten"}]),
            images(),
            None,
        ),
    ],
)
def test_first_dense_layer_sees_all_pixels(config, meta, name):
    layer = anatomy.first_dense(build(config, meta))
    assert (layer.name if layer else None) == name


def test_weights_of_a_unit_form_an_image():
    network = build(Mlp(units=[5]), images(shape=[4, 3, 2]))
    weights = anatomy.weights_as_images(network, "dense_1")
    assert weights.shape == (5, 4, 3, 2)
    assert weights[4, 2, 1, 1] == network.get_weights()[0][(2 * 3 + 1) * 2 + 1, 4]


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_steps_are_0_below_zero_and_1_above(activation):
    assert outputs(anatomy.with_steps(two_units(activation)), CORNERS) == [-0.5, 0.5, 0.5, -0.5]


def test_steps_of_tanh_are_minus_1_and_1():
    assert outputs(anatomy.with_steps(two_units("tanh")), CORNERS) == [-0.5, 1.5, 1.5, -0.5]


def test_step_of_zero_is_1():
    assert outputs(
        anatomy.with_steps(two_units("sigmoid")), np.array([[0.25, 0.25]], dtype=np.float32)
    ) == [0.5]


def test_copy_with_steps_leaves_the_network_unchanged():
    network = two_units("sigmoid")
    before = outputs(network, CORNERS)
    anatomy.with_steps(network)
    assert outputs(network, CORNERS) == before


def test_activation_layer_becomes_a_step():
    network = build(
        Layers(layers=[{"class_name": "Dense", "units": 2}, {"class_name": "ReLU"}]), table()
    )
    network.set_weights(two_units("relu").get_weights())
    assert outputs(anatomy.with_steps(network), CORNERS) == [-0.5, 0.5, 0.5, -0.5]


def test_recurrent_layer_can_have_steps():
    stack = [
        {"class_name": "Reshape", "target_shape": [2, 1]},
        {"class_name": "SimpleRNN", "units": 1},
    ]
    network = build(Layers(layers=stack), table())
    network.set_weights(
        [np.array([[1.0]]), np.array([[0.0]]), np.array([-0.5]), np.array([[1.0]]), np.array([0.0])]
    )
    # The sign of each row's second number decides.
    assert outputs(anatomy.with_steps(network), CORNERS) == [-1.0, 1.0, -1.0, 1.0]
