"""Layers of a served model: which there are, what they have learned, what they compute."""

import keras
import numpy as np
import pytest

from pipeline.config import model
from pipeline.models import anatomy, families, serving
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, table

CNN = model.Cnn(filters=[2, 3], kernel_size=3, units=[4])
PIXELS = np.arange(2 * 64, dtype=np.uint8).reshape(2, 8, 8, 1)
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=np.float32)


def build(config, meta):
    """Without clearing Keras's session, as `families.build` does first: that takes most of its time."""
    return families.FAMILIES[config.family](config, meta, 1)


def two_units(activation: str):
    """A network of two inputs and two hidden units: their sum is above 1.5, and above 0.5."""
    network = build(model.Mlp(units=[2], activation=activation), table())
    network.set_weights(
        [np.ones((2, 2)), np.array([-1.5, -0.5]), np.array([[-1.0], [1.0]]), np.array([-0.5])]
    )
    return network


def outputs(network, rows) -> list[float]:
    return np.array(network(rows))[:, 0].tolist()


@pytest.mark.parametrize("api", model.Api)
def test_the_network_of_a_loaded_model_is_the_trained_one(tmp_path, api):
    network = build(model.Mlp(units=[4], api=api), images())
    serving.serve(network, images()).save(tmp_path / "model.keras")
    found = anatomy.network_of(keras.saving.load_model(tmp_path / "model.keras", compile=False))
    assert np.array_equal(np.array(found(PIXELS)), np.array(network(PIXELS)))


@pytest.mark.parametrize(
    ("config", "names"), [(CNN, ["conv_1", "conv_2"]), (model.Mlp(), []), (model.Linear(), [])]
)
def test_convolutions_are_listed_in_order(config, names):
    assert [layer.name for layer in anatomy.convolutions(build(config, images()))] == names


def test_activations_are_those_of_the_layers():
    network = anatomy.network_of(serving.serve(build(CNN, images()), images()))
    found = anatomy.activations_of(network, ["conv_1", "dense_1"], PIXELS)
    assert list(found) == ["conv_1", "dense_1"]
    assert found["dense_1"].shape == (2, 4)
    expected = network.get_layer("conv_1")(PIXELS / np.float32(255))
    assert found["conv_1"] == pytest.approx(np.array(expected), abs=1e-6)


def test_activations_of_a_layer_that_is_not_there_are_refused():
    with pytest.raises(ValueError, match="No such layer: conv_9"):
        anatomy.activations_of(build(CNN, images()), ["conv_9"], PIXELS)


@pytest.mark.parametrize(
    ("config", "meta", "name"),
    [
        (model.Mlp(), images(), "dense_1"),
        (model.Mlp(api=model.Api.functional), images(), "dense_1"),
        (model.Linear(), images(), "output"),
        (CNN, images(), None),
        (model.Mlp(), table(), None),
        (
            model.Layers(layers=[{"class_name": "Dense", "units": 5}, {"class_name": "Flatten"}]),
            images(),
            None,
        ),
    ],
)
def test_the_first_dense_layer_is_one_that_sees_all_pixels(config, meta, name):
    layer = anatomy.first_dense(build(config, meta))
    assert (layer.name if layer else None) == name


def test_weights_of_a_unit_are_an_image():
    network = build(model.Mlp(units=[5]), images(shape=[4, 3, 2]))
    weights = anatomy.weights_as_images(network, "dense_1")
    assert weights.shape == (5, 4, 3, 2)
    assert weights[4, 2, 1, 1] == network.get_weights()[0][(2 * 3 + 1) * 2 + 1, 4]


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_steps_are_one_from_zero_on(activation):
    assert outputs(anatomy.with_steps(two_units(activation)), CORNERS) == [-0.5, 0.5, 0.5, -0.5]


def test_steps_for_tanh_go_from_minus_one_to_one():
    assert outputs(anatomy.with_steps(two_units("tanh")), CORNERS) == [-0.5, 1.5, 1.5, -0.5]


def test_the_step_of_zero_is_one():
    assert outputs(
        anatomy.with_steps(two_units("sigmoid")), np.array([[0.25, 0.25]], dtype=np.float32)
    ) == [0.5]


def test_a_network_stays_as_it_is_beside_its_copy_with_steps():
    network = two_units("sigmoid")
    before = outputs(network, CORNERS)
    anatomy.with_steps(network)
    assert outputs(network, CORNERS) == before


def test_an_activation_that_is_a_layer_becomes_a_step_too():
    network = build(
        model.Layers(layers=[{"class_name": "Dense", "units": 2}, {"class_name": "ReLU"}]), table()
    )
    network.set_weights(two_units("relu").get_weights())
    assert outputs(anatomy.with_steps(network), CORNERS) == [-0.5, 0.5, 0.5, -0.5]


def test_recurrent_layers_can_have_steps():
    stack = [
        {"class_name": "Reshape", "target_shape": [2, 1]},
        {"class_name": "SimpleRNN", "units": 1},
    ]
    network = build(model.Layers(layers=stack), table())
    network.set_weights(
        [np.array([[1.0]]), np.array([[0.0]]), np.array([-0.5]), np.array([[1.0]]), np.array([0.0])]
    )
    assert outputs(anatomy.with_steps(network), CORNERS) == [
        -1.0,
        1.0,
        -1.0,
        1.0,
    ]  # what it makes of the second number
