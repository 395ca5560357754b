"""Augmentation: layers that change images in training only."""

import numpy as np
import pytest

from pipeline.models import families, serving
from pipeline.models.augmentation import augmented
from pipeline.models.families.mlp import Api, Mlp
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support import refusals
from tests.support.metas import images, table

FLIP = {"class_name": "RandomFlip", "mode": "horizontal"}
PIXELS = np.random.default_rng(0).integers(0, 256, size=(16, 8, 8, 1)).astype(np.uint8)


def config(*layers) -> Mlp:
    return Mlp(units=[4], augmentation=list(layers))


def both(settings, meta=None):
    network = families.build(settings, meta or images(), seed=1)
    return network, augmented(network, settings)


def refusal(settings, meta=None) -> str:
    return refusals.refusal(both, settings, meta)


def test_without_augmentation_the_network_itself_is_trained():
    network, trained = both(config())
    assert trained is network


@pytest.mark.parametrize("api", list(Api))
def test_training_changes_images(api):
    network, trained = both(Mlp(units=[4], api=api, augmentation=[FLIP]))
    mirrored = np.array(network(PIXELS[:, :, ::-1]))
    plain = np.array(network(PIXELS))
    outputs = np.array(trained(PIXELS, training=True))
    either = [
        np.allclose(row, one) or np.allclose(row, other)
        for row, one, other in zip(outputs, plain, mirrored, strict=True)
    ]
    assert all(either)
    assert not np.allclose(outputs, plain)


def test_evaluation_leaves_images_unchanged():
    network, trained = both(config(FLIP))
    assert np.array_equal(np.array(trained(PIXELS, training=False)), np.array(network(PIXELS)))


def test_both_networks_share_their_weights():
    network, trained = both(config(FLIP))
    assert [id(weight) for weight in trained.trainable_variables] == [
        id(weight) for weight in network.trainable_variables
    ]


def test_seeds_are_variables_of_training():
    network, trained = both(config(FLIP))
    assert len(trained.variables) > len(network.variables)


def test_saved_model_has_no_augmentation():
    network, _ = both(config(FLIP))
    assert "RandomFlip" not in serving.serve(network, images()).to_json()


def test_same_seed_changes_the_same_images():
    one, other = (np.array(both(config(FLIP))[1](PIXELS, training=True)) for _ in range(2))
    assert np.array_equal(one, other)


def test_augmentation_runs_in_a_graph():
    assert config(FLIP).convolves


def test_table_is_refused():
    assert refusal(config(FLIP), table()).startswith(
        "model.augmentation needs images. Received: {'class_name': 'RandomFlip'"
    )


def test_unknown_layer_is_refused_with_a_suggestion():
    assert refusal(config(FLIP, {"class_name": "RandomFlop"})).startswith(
        "model.augmentation[1].class_name is not a Keras layer. Received: RandomFlop. "
        "Did you mean RandomFlip? Allowed: "
    )


def test_layer_with_weights_is_refused():
    assert refusal(config({"class_name": "Dense", "units": 1})) == (
        "model.augmentation has weights or changes the shape of images. "
        "Received: 2 arrays of weights, images of shape (8, 8, 1). "
        "Choose layers without weights, such as RandomFlip, that keep the shape (8, 8, 1)."
    )


def test_layer_that_changes_the_shape_is_refused():
    assert refusal(config({"class_name": "RandomCrop", "height": 4, "width": 4})) == (
        "model.augmentation has weights or changes the shape of images. "
        "Received: 0 arrays of weights, images of shape (4, 4, 1). "
        "Choose layers without weights, such as RandomFlip, that keep the shape (8, 8, 1)."
    )
