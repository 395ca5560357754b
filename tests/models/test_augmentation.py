"""Layers that change images in training alone."""

import numpy as np
import pytest

from pipeline.config import model
from pipeline.errors import ConfigError
from pipeline.models import families, serving
from pipeline.models.augmentation import augmented
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, table

FLIP = {"class_name": "RandomFlip", "mode": "horizontal"}
PIXELS = np.random.default_rng(0).integers(0, 256, size=(16, 8, 8, 1)).astype(np.uint8)


def config(*layers) -> model.Mlp:
    return model.Mlp(units=[4], augmentation=list(layers))


def both(settings, meta=None):
    network = families.build(settings, meta or images(), seed=1)
    return network, augmented(network, settings)


def refusal(settings, meta=None) -> str:
    with pytest.raises(ConfigError) as caught:
        both(settings, meta)
    return str(caught.value)


def test_without_augmentation_the_network_itself_is_trained():
    network, trained = both(config())
    assert trained is network


@pytest.mark.parametrize("api", list(model.Api))
def test_images_are_changed_in_training(api):
    network, trained = both(model.Mlp(units=[4], api=api, augmentation=[FLIP]))
    mirrored = np.array(network(PIXELS[:, :, ::-1]))
    plain = np.array(network(PIXELS))
    found = np.array(trained(PIXELS, training=True))
    either = [
        np.allclose(row, one) or np.allclose(row, other)
        for row, one, other in zip(found, plain, mirrored, strict=True)
    ]
    assert all(either)
    assert not np.allclose(found, plain)


def test_images_are_not_changed_in_evaluation():
    network, trained = both(config(FLIP))
    assert np.array_equal(np.array(trained(PIXELS, training=False)), np.array(network(PIXELS)))


def test_the_weights_are_those_of_the_network():
    network, trained = both(config(FLIP))
    assert [id(weight) for weight in trained.trainable_variables] == [
        id(weight) for weight in network.trainable_variables
    ]


def test_the_seeds_of_the_changes_are_variables_of_training():
    network, trained = both(config(FLIP))
    assert len(trained.variables) > len(network.variables)


def test_the_saved_model_knows_nothing_of_it():
    network, _ = both(config(FLIP))
    assert "RandomFlip" not in serving.serve(network, images()).to_json()


def test_the_same_seed_changes_the_same_images():
    one, other = (np.array(both(config(FLIP))[1](PIXELS, training=True)) for _ in range(2))
    assert np.array_equal(one, other)


def test_changing_images_is_done_in_a_graph():
    assert config(FLIP).convolves


def test_a_table_has_no_images_to_change():
    assert refusal(config(FLIP), table()).startswith(
        "model.augmentation needs images. Received: {'class_name': 'RandomFlip'"
    )


def test_an_unknown_layer_is_refused_with_a_suggestion():
    assert refusal(config(FLIP, {"class_name": "RandomFlop"})).startswith(
        "model.augmentation[1].class_name is no Keras layer. Received: RandomFlop. Did you mean RandomFlip? Allowed: "
    )


def test_a_layer_with_weights_is_refused():
    assert refusal(config({"class_name": "Dense", "units": 1})) == (
        "model.augmentation must change images and nothing else. "
        "Received: 2 arrays of weights, images of shape (8, 8, 1). "
        "Expected: layers without weights, such as RandomFlip, that keep the shape (8, 8, 1)."
    )


def test_a_layer_that_changes_the_shape_is_refused():
    assert refusal(config({"class_name": "RandomCrop", "height": 4, "width": 4})) == (
        "model.augmentation must change images and nothing else. "
        "Received: 0 arrays of weights, images of shape (4, 4, 1). "
        "Expected: layers without weights, such as RandomFlip, that keep the shape (8, 8, 1)."
    )
