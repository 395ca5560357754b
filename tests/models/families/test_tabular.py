"""The ensemble for tables: its features, its members and its sizes."""

import math
from dataclasses import replace

import keras
import numpy as np
import pytest

from pipeline.data.prepared import CategoricalFeature, NumericFeature
from pipeline.models import families
from pipeline.models.families.mlp import Mlp
from pipeline.models.families.tabular import Embedding, Scaling, Tabular
from pipeline.models.fingerprint import fingerprint
from pipeline.runs.run import Run
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import plain, regression, table
from tests.support.refusals import refusal
from tests.support.toy import config_of

SMALL = Tabular(
    embedding=Embedding.none, embedding_size=3, frequencies=4, members=2, units=[5], dropout=0.0
)
PERIODIC = replace(SMALL, embedding=Embedding.periodic, scaling=Scaling.standard)
PIECEWISE = replace(SMALL, embedding=Embedding.piecewise)


def of_quantiles(*quantiles: list[float]):
    """Facts about numbers that have these quantiles."""
    numeric = [
        NumericFeature(f"x{number}", [f"x{number}"], 0.0, 0.0, 1.0, quantiles=values)
        for number, values in enumerate(quantiles)
    ]
    return table(features=len(numeric), table=plain(numeric, []))


def of_levels(*counts: int):
    """Facts about one number with gaps, and categories with these numbers of levels."""
    number = NumericFeature("x", ["x"], 0.0, 0.0, 1.0, indicator=True)
    categories = [
        CategoricalFeature(f"c{place}", [str(level) for level in range(count)])
        for place, count in enumerate(counts)
    ]
    return table(table=plain([number], categories), shape=[2 + sum(counts)])


def output_of(network, name: str, x) -> np.ndarray:
    """The output of an inner layer for some rows."""
    inside = keras.Model(network.inputs[0], network.get_layer(name).output)
    return np.array(inside(np.array(x, np.float32)))


def names_of(network) -> list[str]:
    return [layer.name for layer in network.layers if layer.weights]


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        (SMALL, 2 * 2 + (2 * 5 + 5) + 2 * (5 + 1)),
        (PERIODIC, 2 * 2 * 4 + 2 * (4 + 1) * 3 + 2 * 8 + (8 * 5 + 5) + 2 * (5 + 1)),
        (replace(SMALL, units=[]), 2 * 2 + 2 * (2 + 1)),
    ],
)
def test_parameters_are_those_of_the_layers(settings, parameters):
    assert families.build(settings, table(), seed=1).count_params() == parameters


def test_least_size_counts_dense_layers_and_members():
    size = SMALL.least_size([2], 1)
    assert (size.parameters, size.outputs) == ((2 * 5 + 5) + (5 + 1), 2 * (5 + 1))


@pytest.mark.parametrize("settings", [SMALL, PERIODIC, PIECEWISE])
def test_output_is_the_mean_of_the_members(settings):
    network = families.build(settings, of_quantiles([-1.0, 0.0, 1.0], [0.0, 2.0]), seed=1)
    x = [[0.5, 1.0], [-3.0, 0.2]]
    members = output_of(network, "members", x)
    assert members.shape == (2, 2, 1)
    assert np.array(network(np.array(x))) == pytest.approx(members.mean(axis=1), abs=1e-6)


def test_members_start_with_other_signs():
    signs = families.build(SMALL, table(20), seed=1).get_layer("split").get_weights()[0]
    assert set(signs.ravel()) == {-1.0, 1.0}
    assert not np.array_equal(*signs)


def test_seed_decides_the_bits():
    one, same, other = (
        fingerprint(families.build(PERIODIC, table(), seed=seed).variables) for seed in (1, 1, 2)
    )
    assert one == same != other


def test_outliers_approach_a_limit():
    network = families.build(replace(SMALL, members=1), table(1), seed=1)
    inputs = keras.Model(network.inputs[0], network.get_layer("split").input)
    values = np.array(inputs(np.array([[0.3], [3.0], [-1e6]])))[:, 0]
    assert values == pytest.approx([0.3 / math.sqrt(1.01), 3 / math.sqrt(2), -3])


def test_periodic_embedding_takes_cosines_of_its_frequencies():
    network = families.build(PERIODIC, table(), seed=1)
    x = np.array([[0.5, -2.0]])
    frequencies, phases = network.get_layer("frequencies").get_weights()
    kernel, bias = network.get_layer("embedding").get_weights()
    waves = np.cos(x[:, :, None] * frequencies + phases)
    expected = np.maximum(np.einsum("bnf,nfe->bne", waves, kernel) + bias, 0)
    assert output_of(network, "embedding", x) == pytest.approx(expected, abs=1e-5)


def test_frequencies_have_the_scale_of_the_setting():
    settings = replace(PERIODIC, frequencies=400, frequency_scale=0.5)
    frequencies, phases = (
        families.build(settings, table(10), seed=1).get_layer("frequencies").get_weights()
    )
    assert frequencies.std() == pytest.approx(math.pi, rel=0.05)
    assert (phases.min(), phases.max()) == pytest.approx((-math.pi, math.pi), abs=0.01)


def inputs_of(network, name: str, x) -> np.ndarray:
    """The input of an inner layer for some rows."""
    inside = keras.Model(network.inputs[0], network.get_layer(name).input)
    return np.array(inside(np.array(x, np.float32)))


def test_quantile_scaling_gives_normal_quantiles():
    settings = replace(PERIODIC, scaling=Scaling.quantile)
    network = families.build(settings, of_quantiles([0.0, 1.0, 10.0]), seed=1)
    scaled = inputs_of(network, "frequencies", [[0.0], [1.0], [10.0], [5.5], [-7.0], [99.0]])
    edge = 0.96742  # the normal quantile of 5/6
    assert scaled[:, 0] == pytest.approx([-edge, 0, edge, edge / 2, -edge, edge], abs=1e-5)


def test_repeated_quantiles_get_the_middle_of_their_levels():
    settings = replace(PERIODIC, scaling=Scaling.quantile)
    network = families.build(settings, of_quantiles([0.0, 0.0, 0.0, 1.0]), seed=1)
    scaled = inputs_of(network, "frequencies", [[0.0], [1.0]])
    # Levels 1/8, 3/8 and 5/8 belong to 0, and 7/8 to 1.
    assert scaled[:, 0] == pytest.approx([-0.31864, 1.15035], abs=1e-5)


def test_piecewise_embedding_takes_shares_of_bins():
    network = families.build(PIECEWISE, of_quantiles([0.0, 1.0, 3.0], [0.0, 2.0]), seed=1)
    shares = inputs_of(network, "embedding", [[2.0, 0.5], [-5.0, 9.0]])
    assert shares.tolist() == [[[1, 0.5], [0.25, 0]], [[0, 0], [1, 0]]]


@pytest.mark.parametrize("embedding", Embedding)
def test_constant_number_is_embedded(embedding):
    network = families.build(replace(SMALL, embedding=embedding), of_quantiles([0.0, 0.0]), seed=1)
    assert np.isfinite(np.array(network(np.array([[0.0], [5.0]])))).all()


def test_only_columns_of_many_levels_are_embedded():
    network = families.build(replace(SMALL, one_hot_levels=3), of_levels(3, 4, 2), seed=1)
    assert names_of(network) == ["category_2", "split", "dense_1", "members"]
    # The number, its indicator, 3 indicators, an embedding of 8, and 2 indicators.
    assert network.get_layer("split").input.shape == (None, 1 + 1 + 3 + 8 + 2)


def test_features_keep_their_order():
    network = families.build(replace(SMALL, one_hot_levels=3), of_levels(3, 2), seed=1)
    row = [[0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]]
    assert inputs_of(network, "split", row).tolist() == row


def test_images_get_the_network_of_mlp():
    assert Tabular().settled(rows=100, numbers=None) == Mlp()
    given = Tabular(units=[7], dropout=0.5, activation="tanh", pixel_range=[-1.0, 1.0])
    expected = Mlp(units=[7], dropout=0.5, activation="tanh", pixel_range=[-1.0, 1.0])
    assert given.settled(rows=100, numbers=None) == expected


def test_setting_of_tables_is_refused_for_images():
    assert refusal(lambda: Tabular(members=4).settled(rows=100, numbers=None)) == (
        "model.members is invalid. Received: 4. Expected: the default, because images get the "
        "network of mlp."
    )


def test_training_of_images_is_that_of_mlp(repository):
    default, mlp = (
        Run.of(config_of(repository, "data=shapes", *model), repository / "data/prepared/shapes")
        for model in (["model=tabular"], ["model=mlp", "model.units=[64,32]"])
    )
    assert default.key == mlp.key


@pytest.mark.parametrize(
    ("rows", "batch_size", "epochs"),
    [(36, 16, 200), (600, 64, 200), (4_096, 256, 73), (4_097, 256, 73), (50_000, 256, 30)],
)
def test_length_depends_on_the_rows(rows, batch_size, epochs):
    model = Tabular()
    assert (model.usual_batch_size(rows), model.usual_epochs(rows)) == (batch_size, epochs)


@pytest.mark.parametrize(
    ("rows", "scale"), [(50, 0.1), (100, 0.1), (2_500, 0.5), (10_000, 1.0), (10**6, 1.0)]
)
def test_frequencies_rise_with_the_rows(rows, scale):
    assert Tabular().settled(rows=rows, numbers=3).frequency_scale == scale


@pytest.mark.parametrize(("numbers", "embedding"), [(200, "periodic"), (201, "none")])
def test_wide_tables_are_not_embedded(numbers, embedding):
    settled = Tabular().settled(rows=100, numbers=numbers)
    assert settled.embedding is Embedding(embedding)


def test_settings_that_are_given_stay():
    given = Tabular(frequency_scale=0.3, embedding=Embedding.piecewise, units=[7], dropout=0.0)
    assert given.settled(rows=10**6, numbers=999) == given


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"members": 0}, "model.members is invalid. Received: [0]. "),
        ({"members": 2_000}, "model.members is invalid. Received: 2000. Expected: a number up to "),
        ({"frequency_scale": 0.0}, "model.frequency_scale is invalid. Received: 0.0. Expected: a "),
        ({"dropout": 1.0}, "model.dropout is invalid. Received: 1.0. Expected: a number from 0 "),
        ({"units": [0]}, "model.units is invalid. Received: [0]. Expected: a list of whole "),
    ],
)
def test_invalid_setting_is_refused(settings, message):
    assert refusal(lambda: Tabular(**settings)).startswith(message)


@pytest.mark.parametrize("settings", [SMALL, PERIODIC, PIECEWISE])
def test_network_has_only_layers_of_keras(settings):
    network = families.build(settings, regression(), seed=1)
    assert {type(node).__module__.split(".")[0] for node in network.operations} == {"keras"}
