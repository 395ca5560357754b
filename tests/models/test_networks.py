"""Networks of each family: their parameters, their outputs, and what they refuse."""

import numpy as np
import pytest

from pipeline.config import model, resolved
from pipeline.config.optimizer import Adagrad, Adam, Sgd
from pipeline.config.training import Loss
from pipeline.errors import ConfigError
from pipeline.models import families
from pipeline.models.fingerprint import fingerprint
from pipeline.training import objectives
from tests.support import ROOT
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, regression, table

MNIST = {"shape": [28, 28, 1], "classes": list("0123456789")}


def build(config, meta, seed=1):
    return families.build(config, meta, seed=seed)


def refusal(config, meta):
    with pytest.raises(ConfigError) as caught:
        build(config, meta)
    return str(caught.value)


@pytest.mark.parametrize(
    ("config", "meta", "parameters"),
    [
        (model.Linear(), images(), 64 * 3 + 3),
        (model.Linear(), table(), 2 + 1),
        (model.Linear(), regression(), 2 + 1),
        (model.Mlp(units=[5, 4]), images(), (64 * 5 + 5) + (5 * 4 + 4) + (4 * 3 + 3)),
        (model.Mlp(units=[]), table(), 2 + 1),
        (model.Mlp(units=[5], dropout=0.5), regression(), (2 * 5 + 5) + (5 + 1)),
        (
            model.Cnn(filters=[2], kernel_size=3, units=[4]),
            images(),
            (9 * 2 + 2) + (4 * 4 * 2 * 4 + 4) + (4 * 3 + 3),
        ),
        (
            model.Resnet(filters=[2, 3]),
            images(),
            (9 * 2 + 8)
            + (2 * (9 * 2 * 2 + 8))
            + (9 * 2 * 3 + 12)
            + (9 * 3 * 3 + 12)
            + (2 * 3 + 12)
            + (3 * 3 + 3),
        ),
        (
            model.Layers(layers=[{"class_name": "Flatten"}, {"class_name": "Dense", "units": 5}]),
            images(),
            325 + 18,
        ),
        (model.Layers(), table(), 2 + 1),
    ],
)
def test_a_network_has_the_parameters_of_its_layers(config, meta, parameters):
    assert build(config, meta).count_params() == parameters


def test_the_courses_perceptron_has_300938_parameters():
    config = resolved.compose_experiment(["experiment=mnist_mlp"], conf=ROOT / "conf").model
    assert build(config, images(**MNIST)).count_params() == 300_938


def test_the_courses_convolutional_network_has_the_parameters_of_its_layers():
    config = resolved.compose_experiment(["experiment=mnist_cnn"], conf=ROOT / "conf").model
    dense = 7 * 7 * 36 * 128 + 128
    assert (
        build(config, images(**MNIST)).count_params()
        == (25 * 16 + 16) + (25 * 16 * 36 + 36) + dense + 1290
    )


@pytest.mark.parametrize(("meta", "outputs"), [(images(), 3), (table(), 1), (regression(), 1)])
def test_outputs_are_one_for_each_class_but_one_for_two(meta, outputs):
    assert build(model.Mlp(), meta).output_shape == (None, outputs)


def test_the_output_is_raw():
    network = build(model.Mlp(), images())
    assert network.get_layer("output").activation.__name__ == "linear"


@pytest.mark.parametrize(
    ("pixel_range", "scaled"), [([0.0, 1.0], [0, 0.2, 1]), ([-1.0, 1.0], [-1, -0.6, 1])]
)
def test_pixels_are_scaled_by_the_first_layer(pixel_range, scaled):
    network = build(model.Mlp(pixel_range=pixel_range), images())
    pixels = np.array([0, 51, 255], dtype=np.uint8)
    assert np.array(network.get_layer("scale")(pixels)) == pytest.approx(scaled, abs=1e-6)


def test_a_table_is_not_scaled_again():
    assert [layer.name for layer in build(model.Mlp(units=[3]), table()).layers] == [
        "dense_1",
        "output",
    ]


def test_the_two_ways_of_keras_build_the_same_network():
    sequential = build(model.Mlp(units=[5, 4], api=model.Api.sequential), images(), seed=3)
    functional = build(model.Mlp(units=[5, 4], api=model.Api.functional), images(), seed=3)
    for one, other in zip(sequential.get_weights(), functional.get_weights(), strict=True):
        assert np.array_equal(one, other)
    pixels = np.arange(64, dtype=np.uint8).reshape(1, 8, 8, 1)
    assert np.array_equal(np.array(sequential(pixels)), np.array(functional(pixels)))


def test_equal_seeds_are_equal_bits_and_others_are_not():
    one, same, other = (
        fingerprint(build(model.Mlp(), table(), seed=seed).variables) for seed in (1, 1, 2)
    )
    assert one == same != other


def test_a_fingerprint_sees_a_single_bit():
    network = build(model.Linear(), table())
    before = fingerprint(network.variables)
    kernel, bias = network.get_weights()
    network.set_weights([np.nextafter(kernel, np.float32(9)), bias])
    assert fingerprint(network.variables) != before


def test_a_fingerprint_does_not_depend_on_the_order_of_variables():
    variables = build(model.Mlp(), table()).variables
    assert fingerprint(variables) == fingerprint(reversed(variables))


def test_a_convolutional_network_needs_images():
    assert refusal(model.Cnn(), table()) == (
        "model cnn needs images. Received: data=toy, a table. model=mlp or linear."
    )


def test_images_can_be_halved_only_so_often():
    assert refusal(model.Cnn(filters=[2, 2, 2, 2]), images()) == (
        "model.filters has too many poolings for images of 8 by 8 pixels. Received: [2, 2, 2, 2]. "
        "Expected: fewer filters, or a smaller model.pool_size."
    )


def test_images_can_be_halved_down_to_one_pixel():
    assert build(model.Cnn(filters=[2, 2, 2], units=[]), images()).count_params() > 0


def test_a_residual_network_needs_images():
    assert (
        refusal(model.Resnet(), table())
        == "model resnet needs images. Received: data=toy, a table. model=mlp or linear."
    )


def test_a_residual_network_halves_images_only_so_often():
    assert refusal(model.Resnet(filters=[2, 2, 2, 2], pool_first=True), images()) == (
        "model.filters halves images of 8 by 8 pixels too often. Received: [2, 2, 2, 2]. Expected: fewer sizes."
    )


def test_a_residual_network_halves_images_before_each_stage_but_the_first():
    network = build(model.Resnet(filters=[2, 3, 3], blocks=2), images())
    sizes = [
        network.get_layer(f"block_{stage}_{block}_add").output.shape[1]
        for stage in (1, 2, 3)
        for block in (1, 2)
    ]
    assert sizes == [8, 8, 4, 4, 2, 2]


def test_a_block_that_changes_no_shape_adds_its_very_input():
    network = build(model.Resnet(filters=[2], blocks=1), images())
    assert "block_1_1_shortcut" not in [layer.name for layer in network.layers]


def test_pooling_first_halves_images_once_more():
    network = build(model.Resnet(filters=[2, 3], pool_first=True), images())
    assert network.get_layer("block_1_1_add").output.shape[1:] == (4, 4, 2)


@pytest.mark.parametrize(
    ("config", "meta"),
    [(model.Mlp(activation="relo"), table()), (model.Cnn(activation="relo"), images())],
)
def test_an_unknown_activation_is_refused_with_a_suggestion(config, meta):
    assert refusal(config, meta).startswith(
        "model.activation is no Keras activation. Received: relo. Did you mean relu? Allowed: celu, elu, "
    )


@pytest.mark.parametrize(
    ("meta", "usual"),
    [
        (images(), Loss.sparse_categorical_crossentropy),
        (table(), Loss.binary_crossentropy),
        (regression(), Loss.mean_squared_error),
    ],
)
def test_each_task_has_its_usual_loss(meta, usual):
    assert objectives.loss_name(None, meta) is usual


@pytest.mark.parametrize(
    ("chosen", "meta", "expected"),
    [
        (
            Loss.mean_squared_error,
            images(),
            "sparse_categorical_crossentropy or categorical_crossentropy",
        ),
        (Loss.sparse_categorical_crossentropy, table(), "binary_crossentropy or perceptron"),
        (Loss.perceptron, regression(), "mean_squared_error or mean_absolute_error"),
    ],
)
def test_a_loss_that_does_not_suit_the_data_is_refused(chosen, meta, expected):
    with pytest.raises(ConfigError) as caught:
        objectives.loss_name(chosen, meta)
    assert (
        str(caught.value)
        == f"training.loss does not suit the data. Received: {chosen.value}. Expected: {expected}."
    )


@pytest.mark.parametrize(
    ("loss", "meta", "watched"),
    [
        (Loss.mean_squared_error, regression(), ["mae"]),
        (Loss.mean_absolute_error, regression(), ["mse"]),
        (Loss.sparse_categorical_crossentropy, images(), ["accuracy"]),
        (Loss.perceptron, table(), ["accuracy"]),
    ],
)
def test_what_is_watched_does_not_repeat_the_loss(loss, meta, watched):
    assert [metric.name for metric in objectives.build_metrics(meta, loss)] == watched


def test_rosenblatts_criterion_counts_mistakes_alone():
    truth, raw = np.array([[1.0], [0.0], [1.0], [0.0]]), np.array([[2.0], [-2.0], [-3.0], [0.5]])
    assert np.array(objectives.Perceptron(reduction=None)(truth, raw)).tolist() == [
        0.0,
        0.0,
        3.0,
        0.5,
    ]


@pytest.mark.parametrize(
    ("config", "given"),
    [
        (
            Sgd(learning_rate=0.1, momentum=0.5, nesterov=True, clipnorm=2.0),
            {"momentum": 0.5, "nesterov": True, "clipnorm": 2.0},
        ),
        (
            Adam(learning_rate=0.1, beta_1=0.5, beta_2=0.6, epsilon=0.1),
            {"beta_1": 0.5, "beta_2": 0.6, "epsilon": 0.1},
        ),
        (
            Adagrad(learning_rate=0.1, global_clipnorm=2.0),
            {"initial_accumulator_value": 0.1, "global_clipnorm": 2.0},
        ),
    ],
)
def test_an_optimizer_has_the_settings_it_was_given(config, given):
    built = objectives.build_optimizer(config, steps=100)
    assert float(built.learning_rate) == pytest.approx(0.1)
    assert {name: getattr(built, name) for name in given} == given
