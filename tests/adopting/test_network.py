"""Networks of scripts: stacks become settings, and others a Python file."""

import keras
import numpy as np
import pytest

from pipeline.adopting.network import network_of, python_file, python_stub, require_alike
from pipeline.adopting.own_code import Code
from pipeline.adopting.refusal import AdoptionError
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal

ROW = np.zeros((1, 3), np.float32)
layers = keras.layers


def read(*stack, row=ROW, of_classes=True):
    return network_of(keras.Sequential(list(stack)), row, of_classes=of_classes)


def test_stack_becomes_layers_without_the_output():
    network = read(
        layers.Dense(8, activation="relu", kernel_initializer="he_normal"),
        layers.Dropout(0.5, seed=3),
        layers.BatchNormalization(momentum=0.9),
        layers.Dense(4, activation="softmax"),
    )
    assert network.activation == "softmax"
    assert network.outputs == 4
    assert network.layers == [
        {
            "class_name": "Dense",
            "units": 8,
            "activation": "relu",
            "kernel_initializer": "he_normal",
        },
        {"class_name": "Dropout", "rate": 0.5},
        {"class_name": "BatchNormalization", "momentum": 0.9},
    ]


def test_stack_that_grew_by_add_becomes_layers():
    model = keras.Sequential([keras.Input((3,))])
    model.add(layers.Dense(2, activation="relu"))
    model.add(layers.Dense(1))
    model.add(layers.Activation("sigmoid"))
    network = network_of(model, ROW, of_classes=True)
    assert network.activation == "sigmoid"
    assert network.layers == [{"class_name": "Dense", "units": 2, "activation": "relu"}]


def test_functional_stack_becomes_layers():
    inputs = keras.Input((4, 4, 1))
    hidden = layers.Conv2D(2, (3, 3), padding="same")(inputs)
    outputs = layers.Dense(3)(layers.Flatten()(hidden))
    network = network_of(keras.Model(inputs, outputs), None, of_classes=True)
    assert network.layers == [
        {"class_name": "Conv2D", "filters": 2, "kernel_size": [3, 3], "padding": "same"},
        {"class_name": "Flatten"},
    ]


def test_penalty_keeps_its_number():
    network = read(layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.5)), layers.Dense(1))
    penalty = network.layers[0]["kernel_regularizer"]
    assert (penalty["class_name"], penalty["config"]["l2"]) == ("L2", 0.5)


def test_adapted_normalization_keeps_its_statistics():
    normalization = layers.Normalization()
    normalization.adapt(np.array([[1.0, 2.0], [3.0, 6.0]]))
    network = read(normalization, layers.Dense(1), row=np.zeros((1, 2)))
    assert network.layers == [
        {"class_name": "Normalization", "mean": [2.0, 4.0], "variance": [1.0, 4.0]}
    ]


def test_activation_of_a_number_stays():
    network = read(layers.Dense(1, activation="sigmoid"), of_classes=False)
    assert network.activation == "linear"
    assert network.layers is None


def two_outputs(first: str, second: str) -> keras.Model:
    """A network whose first output is a layer of its activation, and the second has it inside."""
    inputs = keras.Input((3,))
    left = layers.Activation(first)(layers.Dense(1, bias_initializer="ones")(inputs))
    right = layers.Dense(1, activation=second, bias_initializer="ones")(inputs)
    return keras.Model(inputs, [left, right])


def test_several_outputs_lose_their_activation():
    network = network_of(two_outputs("sigmoid", "sigmoid"), ROW, of_classes=True)
    assert (network.activation, network.outputs) == ("sigmoid", 2)
    assert network.model(ROW).numpy().tolist() == [[1.0, 1.0]]


def test_several_outputs_of_one_layer_lose_their_activation():
    inputs = keras.Input((3,))
    last = layers.Dense(1, activation="sigmoid", bias_initializer="ones")
    model = keras.Model(inputs, [last(inputs), last(layers.ReLU()(inputs))])
    network = network_of(model, ROW, of_classes=True)
    assert network.activation == "sigmoid"
    assert network.model(ROW).numpy().tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize(("other", "output"), [("linear", 1.0), ("softmax", 1.0), ("tanh", 0.76)])
def test_several_activations_are_mixed(other, output):
    network = network_of(two_outputs("sigmoid", other), ROW, of_classes=True)
    assert network.activation == "mixed"
    assert network.model(ROW).numpy().round(2).tolist() == [[1.0, pytest.approx(output)]]


def test_activation_of_other_outputs_stays():
    network = network_of(two_outputs("relu", "linear"), ROW, of_classes=False)
    assert network.activation == "linear"
    assert network.model(ROW).numpy().tolist() == [[1.0, 1.0]]


def branched() -> keras.Model:
    inputs = keras.Input((3,))
    first = layers.Dense(4, activation="relu")(inputs)
    second = layers.Dense(4, activation="relu")(first)
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(first + second))


def test_branches_become_a_python_file(tmp_path):
    model = branched()
    network = network_of(model, ROW, of_classes=True)
    assert network.layers is None
    front = [{"class_name": "Rescaling", "scale": [2.0, 1.0, 1.0], "offset": 1.0}]
    namespace = {}
    exec(python_file("train.py", network, front, Code()), namespace)
    built = namespace["build"]((3,), 2)
    built.set_weights(model.get_weights())
    rows = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    probabilities = keras.ops.softmax(built(rows))
    expected = model(rows * np.float32([2, 1, 1]) + np.float32(1))
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5)


class Unsaved(layers.Layer):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, x):
        return x


class Own(keras.Model):
    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (
            keras.Sequential([Unsaved(object()), layers.Dense(1)]),
            "the network has a layer that Keras",
        ),
        (keras.Sequential([layers.Lambda(abs), layers.Dense(1)]), "the network has a Lambda layer"),
        (Own(), "the network is a class of the script"),
        (keras.Sequential([layers.Reshape((3, 1))]), "the network gives more than one row"),
    ],
)
def test_network_that_no_file_builds_is_refused(model, text):
    message = refusal(network_of, model, ROW, of_classes=True, error=AdoptionError)
    assert message.startswith(text)


def test_several_inputs_are_refused():
    first, second = keras.Input((1,)), keras.Input((1,))
    model = keras.Model([first, second], layers.Dense(1)(first + second))
    message = refusal(network_of, model, ROW, of_classes=True, error=AdoptionError)
    assert message.startswith("the network has several inputs. Received: 2 inputs")


def test_file_that_builds_another_network_is_refused():
    network = network_of(branched(), ROW, of_classes=True)
    text = python_file("train.py", network, [], Code()).replace("network(hidden)", "2 * hidden")
    message = refusal(require_alike, text, network, ROW, error=AdoptionError)
    assert message.startswith("a file of its own does not build the network of the script.")


def test_stub_refuses_to_build():
    namespace = {}
    exec(python_stub("train.py", [], of_classes=True), namespace)
    with pytest.raises(NotImplementedError, match="write the network into the function build"):
        namespace["build"]((3,), 2)
