"""Networks of each family: their parameters, their outputs and their errors."""

import numpy as np
import pytest

from pipeline.config.experiment_composition import compose_experiment
from pipeline.models import families
from pipeline.models.families.cnn import Cnn
from pipeline.models.families.layers import Layers
from pipeline.models.families.linear import Linear
from pipeline.models.families.mlp import Api, Mlp
from pipeline.models.families.resnet import Resnet
from pipeline.models.fingerprint import fingerprint
from tests.support import ROOT, refusals
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, regression, table

MNIST = {"shape": [28, 28, 1], "classes": list("0123456789")}


def build(config, meta, seed=1):
    return families.build(config, meta, seed=seed)


def refusal(config, meta) -> str:
    return refusals.refusal(build, config, meta)


@pytest.mark.parametrize(
    ("config", "meta", "parameters"),
    [
        (Linear(), images(), 64 * 3 + 3),
        (Linear(), table(), 2 + 1),
        (Linear(), regression(), 2 + 1),
        (Mlp(units=[5, 4]), images(), (64 * 5 + 5) + (5 * 4 + 4) + (4 * 3 + 3)),
        (Mlp(units=[]), table(), 2 + 1),
        (Mlp(units=[5], dropout=0.5), regression(), (2 * 5 + 5) + (5 + 1)),
        (
            Cnn(filters=[2], kernel_size=3, units=[4]),
            images(),
            (9 * 2 + 2) + (4 * 4 * 2 * 4 + 4) + (4 * 3 + 3),
        ),
        (
            Resnet(filters=[2, 3]),
            images(),
            (9 * 2 + 8)
            + (2 * (9 * 2 * 2 + 8))
            + (9 * 2 * 3 + 12)
            + (9 * 3 * 3 + 12)
            + (2 * 3 + 12)
            + (3 * 3 + 3),
        ),
        (
            Layers(layers=[{"class_name": "Flatten"}, {"class_name": "Dense", "units": 5}]),
            images(),
            325 + 18,
        ),
        (Layers(), table(), 2 + 1),
    ],
)
def test_parameters_are_those_of_the_layers(config, meta, parameters):
    assert build(config, meta).count_params() == parameters


@pytest.mark.parametrize(
    ("config", "meta", "parameters", "outputs"),
    [
        (Linear(), images(), 64 * 3 + 3, 3),
        (Mlp(units=[5, 4]), images(), (64 * 5 + 5) + (5 * 4 + 4) + (4 * 3 + 3), 5 + 4 + 3),
        (
            Cnn(filters=[2, 5], kernel_size=3, units=[4]),
            images(),
            9 * 2 + 9 * 2 * 5 + (2 * 2 * 5 * 4 + 4) + (4 * 3 + 3),
            64 * 2 + 16 * 5 + 4 + 3,
        ),
        (
            Resnet(filters=[2, 3], blocks=2, pool_first=True),
            images(),
            9 * 2 + 4 * 9 * 2 * 2 + 9 * 2 * 3 + 3 * 9 * 3 * 3 + (3 * 3 + 3),
            64 * 2 + 4 * 16 * 2 + 4 * 4 * 3 + 3,
        ),
        (Cnn(), table(), 0, 0),
        (Resnet(), table(), 0, 0),
    ],
)
def test_least_size_counts_weights_and_outputs(config, meta, parameters, outputs):
    size = config.least_size(meta.shape, meta.outputs)
    assert (size.parameters, size.outputs) == (parameters, outputs)
    assert meta.pixel_maximum is None or parameters <= build(config, meta).count_params()


def test_mnist_mlp_has_300938_parameters():
    config = compose_experiment(["experiment=mnist_mlp"], conf=ROOT / "conf").model
    assert build(config, images(**MNIST)).count_params() == 300_938


def test_mnist_cnn_has_the_parameters_of_its_layers():
    config = compose_experiment(["experiment=mnist_cnn"], conf=ROOT / "conf").model
    dense = 7 * 7 * 36 * 128 + 128
    assert (
        build(config, images(**MNIST)).count_params()
        == (25 * 16 + 16) + (25 * 16 * 36 + 36) + dense + 1290
    )


@pytest.mark.parametrize(("meta", "outputs"), [(images(), 3), (table(), 1), (regression(), 1)])
def test_two_classes_share_one_output(meta, outputs):
    assert build(Mlp(), meta).output_shape == (None, outputs)


def test_output_is_raw():
    network = build(Mlp(), images())
    assert network.get_layer("output").activation.__name__ == "linear"


@pytest.mark.parametrize(
    ("pixel_range", "scaled"), [([0.0, 1.0], [0, 0.2, 1]), ([-1.0, 1.0], [-1, -0.6, 1])]
)
def test_first_layer_scales_pixels(pixel_range, scaled):
    network = build(Mlp(pixel_range=pixel_range), images())
    pixels = np.array([0, 51, 255], dtype=np.uint8)
    assert np.array(network.get_layer("scale")(pixels)) == pytest.approx(scaled, abs=1e-6)


def test_tables_are_not_scaled():
    assert [layer.name for layer in build(Mlp(units=[3]), table()).layers] == [
        "dense_1",
        "output",
    ]


def test_both_keras_apis_build_the_same_network():
    sequential = build(Mlp(units=[5, 4], api=Api.sequential), images(), seed=3)
    functional = build(Mlp(units=[5, 4], api=Api.functional), images(), seed=3)
    for one, other in zip(sequential.get_weights(), functional.get_weights(), strict=True):
        assert np.array_equal(one, other)
    pixels = np.arange(64, dtype=np.uint8).reshape(1, 8, 8, 1)
    assert np.array_equal(np.array(sequential(pixels)), np.array(functional(pixels)))


def test_seed_decides_the_bits():
    one, same, other = (
        fingerprint(build(Mlp(), table(), seed=seed).variables) for seed in (1, 1, 2)
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("config", "meta"),
    [(Mlp(activation="relo"), table()), (Cnn(activation="relo"), images())],
)
def test_unknown_activation_is_refused_with_a_suggestion(config, meta):
    assert refusal(config, meta).startswith(
        "model.activation is not a Keras activation. Received: relo. "
        "Did you mean relu? Allowed: celu, elu, "
    )
