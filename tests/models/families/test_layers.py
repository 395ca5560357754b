"""The family `layers`: stacks of Keras layers, and the settings it refuses."""

import keras
import numpy as np
import pytest

from pipeline.models import families
from pipeline.models.families.layers import Layers
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support import refusals
from tests.support.metas import images, table

DENSE = "activity_regularizer, bias_constraint, bias_initializer"


def build(*layers, meta=None):
    return families.build(Layers(layers=list(layers)), meta or images(), seed=1)


def refusal(*layers, meta=None):
    return refusals.refusal(build, *layers, meta=meta)


BRANCHES = [
    {"class_name": "Flatten", "name": "pixels"},
    {"class_name": "Dense", "units": 64, "name": "deep"},
    {"class_name": "Add", "inputs": ["pixels", "deep"], "name": "sum"},
    {"class_name": "GlobalAveragePooling2D", "inputs": "input", "name": "mean"},
    {"class_name": "Concatenate", "inputs": ["sum", "mean"]},
]


def test_layers_read_each_other_by_name():
    network = build(*BRANCHES)
    assert [layer.name for layer in network.layers if layer.name in ("sum", "mean")]
    assert network.get_layer("concatenate").output.shape == (None, 65)
    image = np.zeros((1, 8, 8, 1), np.uint8)
    image[0, 0] = 255
    inside = keras.Model(network.inputs[0], network.get_layer("concatenate").output)
    assert np.isclose(inside(image)[0, 64], 8 / 64)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [{"class_name": "Flatten", "inputs": ["gone"]}],
            "model.layers[0].inputs names no layer above. Received: gone. Allowed: input.",
        ),
        (
            [{"class_name": "Add", "inputs": [3]}],
            "model.layers[0].inputs does not name layers. Received: [3]. Write the names of layers "
            "above, such as [first, second].",
        ),
        (
            [BRANCHES[0], BRANCHES[0], BRANCHES[4]],
            "model.layers[1].name is the name of two layers. Received: pixels.",
        ),
        (
            [BRANCHES[0], BRANCHES[1], {"class_name": "Flatten", "inputs": ["pixels"]}],
            "model.layers[1] leads nowhere, because no layer reads it. "
            "Received: {'class_name': 'Dense', 'units': 64, 'name': 'deep'}. Give it a name, and "
            "write that name into the inputs of a layer below.",
        ),
    ],
)
def test_branch_that_does_not_connect_is_refused(layers, message):
    assert refusals.refusal(Layers, layers=layers) == message


def test_shapes_that_do_not_add_are_refused():
    text = refusal(*BRANCHES[:1], {"class_name": "Dense", "units": 3, "name": "deep"}, BRANCHES[2])
    assert text.startswith("model.layers do not fit together, or do not fit the data.")


def test_layer_that_is_not_trainable_keeps_its_weights():
    network = build(FLATTEN, {"class_name": "Dense", "units": 5, "trainable": False})
    assert [weight.path for weight in network.trainable_variables] == [
        "network/output/kernel",
        "network/output/bias",
    ]


def test_layers_keep_their_order():
    network = build(
        {"class_name": "Conv2D", "filters": 2, "kernel_size": 3},
        {"class_name": "BatchNormalization"},
        {"class_name": "GlobalAveragePooling2D", "name": "average"},
    )
    names = [type(layer).__name__ for layer in network.layers]
    assert names == ["Rescaling", "Conv2D", "BatchNormalization", "GlobalAveragePooling2D", "Dense"]
    assert network.layers[3].name == "average"


FLATTEN = {"class_name": "Flatten"}
DENSE_5 = {"class_name": "Dense", "units": 5}
CONV_4 = {"class_name": "Conv2D", "filters": 4, "kernel_size": 3}
AVERAGE = {"class_name": "GlobalAveragePooling2D"}
SIZES = [
    ([FLATTEN, DENSE_5, DENSE_5], 64 * 5 + 5 * 5 + 5 * 3 + 3),
    ([FLATTEN, DENSE_5, {"class_name": "Dropout", "rate": 0.5}, DENSE_5], 64 * 5 + 25 + 18),
    ([CONV_4, CONV_4, AVERAGE, DENSE_5], 9 * 4 + 9 * 16 + 4 * 5 + 18),
    ([CONV_4, CONV_4 | {"groups": 2}, AVERAGE], 9 * 4 + 9 * 8 + 4 * 3 + 3),
    ([CONV_4 | {"class_name": "SeparableConv2D", "kernel_size": [2, 3]}, AVERAGE], 4 + 15),
    ([CONV_4 | {"kernel_size": [2, 3]}, {"class_name": "MaxPooling2D"}, AVERAGE], 24 + 15),
    ([{"class_name": "Reshape", "target_shape": [8, 8]}, {"class_name": "LSTM", "units": 5}], 48),
    ([FLATTEN, {"class_name": "RepeatVector", "n": 4}, DENSE_5, FLATTEN], 64 * 5 + 20 * 3 + 3),
    ([CONV_4, FLATTEN], 9 * 4 + 4 * 3 + 3),
    ([FLATTEN, {"class_name": "Dense", "units": 1}], 64 + 1 * 3 + 3),
]


@pytest.mark.parametrize(("layers", "parameters"), SIZES)
def test_least_size_is_at_most_the_parameters(layers, parameters):
    size = Layers(layers=layers).least_size(images().shape, images().outputs)
    assert size.parameters == parameters <= build(*layers).count_params()


@pytest.mark.parametrize("units", [0, -1, 2.5, "many", None, True])
def test_least_size_ignores_what_keras_refuses(units):
    layers = [{"class_name": "Dense", "units": units}]
    assert Layers(layers=layers).least_size([2], 1).parameters <= 3


def test_stack_computes_one_row_for_each_sample():
    network = build(
        {"class_name": "Flatten"}, {"class_name": "Dense", "units": 4, "activation": "relu"}
    )
    assert np.array(network(np.zeros((2, 8, 8, 1), dtype=np.uint8))).shape == (2, 3)


def test_unknown_layer_is_refused_with_a_suggestion():
    text = refusal({"class_name": "Dens", "units": 4})
    assert text.startswith(
        "model.layers[0].class_name is not a Keras layer. Received: Dens. "
        "Did you mean Dense? Allowed: Activation, "
    )
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    "name",
    ["Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "Wrapper", "Layer"],
)
def test_layer_that_runs_foreign_code_is_refused(name):
    text = refusal({"class_name": name, "function": "os.system"})
    assert text.startswith(f"model.layers[0].class_name is not a Keras layer. Received: {name}. ")
    assert f" {name}," not in text.partition("Allowed:")[2]


def test_unknown_argument_is_refused_with_a_suggestion():
    assert refusal({"class_name": "Flatten"}, {"class_name": "Dense", "unit": 4}).startswith(
        "model.layers[1].unit is not an argument of Dense. Received: unit. "
        f"Did you mean units? Allowed: activation, {DENSE}, "
    )


def test_missing_argument_is_refused_in_one_line():
    assert refusal({"class_name": "Dense"}) == (
        "model.layers[0] is refused by Dense. Received: {}. "
        "Dense.__init__() missing 1 required positional argument: 'units'."
    )


def test_value_that_keras_refuses_is_refused():
    text = refusal({"class_name": "Dense", "units": -4})
    assert text.startswith("model.layers[0] is refused by Dense. Received: {'units': -4}. ")
    assert len(text.splitlines()) == 1


BRIGHTER = {"class_name": "RandomBrightness", "factor": 0.2}


def test_image_layer_gets_the_pixel_range():
    network = build(BRIGHTER, FLATTEN)
    assert network.layers[1].value_range == [0, 1]


def test_image_layer_needs_pixels_from_0_to_1():
    settings = Layers(layers=[BRIGHTER, FLATTEN], pixel_range=[-1.0, 1.0])
    assert refusals.refusal(families.build, settings, images(), seed=1) == (
        "model.layers[0] needs pixels from 0 to 1. "
        "Received: RandomBrightness with model.pixel_range [-1.0, 1.0]. "
        "Move the layer to model.augmentation, because that converts the pixels."
    )


def test_layers_for_other_data_are_refused():
    text = refusal({"class_name": "Conv2D", "filters": 2, "kernel_size": 3}, meta=table())
    assert text.startswith("model.layers do not fit together, or do not fit the data. Received: ")
    assert text.endswith("Choose layers for inputs of shape (2,).")
    assert len(text.splitlines()) == 1


def test_stack_must_flatten_each_sample():
    assert refusal({"class_name": "Conv2D", "filters": 2, "kernel_size": 3}) == (
        "model.layers gives several rows of outputs for one row of data. "
        "Received: output shape (None, 6, 6, 3). End with a Flatten or a global pooling layer."
    )
