"""Augmentation: layers that change images in training only, each of Keras's among them."""

import inspect
import random
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf

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
    meta = meta or images()
    network = families.build(settings, meta, seed=1)
    return network, augmented(network, settings, meta)


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
    assert not config(FLIP).suits_xla(rows=100)


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


def test_crop_may_be_followed_by_resizing():
    network, trained = both(
        config(
            {"class_name": "RandomCrop", "height": 4, "width": 4},
            {"class_name": "Resizing", "height": 8, "width": 8},
        )
    )
    assert not np.allclose(np.array(trained(PIXELS, training=True)), np.array(network(PIXELS)))


ARGUMENTS = {
    "RandomBrightness": {"factor": 0.3},
    "RandomColorDegeneration": {"factor": 0.9},
    "RandomColorJitter": {
        "brightness_factor": 0.2,
        "contrast_factor": 0.2,
        "saturation_factor": 0.7,
        "hue_factor": 0.2,
    },
    "RandomContrast": {"factor": 0.5},
    "RandomCrop": {"height": 12, "width": 12},
    "RandomHue": {"factor": 0.5},
    "RandomPosterization": {"factor": 4},
    "RandomRotation": {"factor": 0.2, "fill_mode": "constant"},
    "RandomSaturation": {"factor": 0.7},
    "RandomSharpness": {"factor": 0.5},
    "RandomShear": {"x_factor": 0.3, "y_factor": 0.3, "fill_mode": "constant"},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3, "fill_mode": "constant"},
    "RandomZoom": {"height_factor": [0.1, 0.3], "fill_mode": "constant"},
    "Solarization": {"addition_factor": 0.2, "threshold_factor": 0.8},
}
WITHOUT_LABELS = "is not supported, because it mixes images, but not their labels"
ALIKE = "changes all images alike. The network would see such images in training only"
REFUSED = {
    "AugMix": "is not supported, because it chooses its operations once, when it is compiled",
    "AutoContrast": ALIKE,
    "ContrastLimitedAdaptiveHistogramEqualization": ALIKE,
    "CutMix": WITHOUT_LABELS,
    "Equalization": ALIKE,
    "MaxNumBoundingBoxes": "is not supported, because it changes boxes only",
    "MixUp": WITHOUT_LABELS,
}
# They choose a part of each image, or a size, so they change the shape unless another follows.
SIZES = {"CenterCrop", "RandomCrop", "Resizing"}
LAYERS = {
    name: value
    for name, value in vars(keras.layers).items()
    if inspect.isclass(value) and "image_preprocessing" in value.__module__
}
TRIED = sorted(LAYERS.keys() - REFUSED.keys() - SIZES)
# Rows of one image, so a difference between two rows comes from the layer.
SHAPE = (12, 12, 3)
RAMP = np.linspace(0, 180, 12 * 12 * 3).reshape(SHAPE)
IMAGE = (RAMP + np.random.default_rng(0).integers(0, 76, size=SHAPE)).astype(np.uint8)
ROWS = np.stack([IMAGE] * 12)
FACTS = images(shape=list(SHAPE), pixel_columns=[f"p{number}" for number in range(432)])


def layer_of(name: str) -> dict:
    return {"class_name": name} | ARGUMENTS.get(name, {})


def layer_in(name: str, *, low: float = 0.0, high: float = 1.0):
    """The layer that augments images, in front of a network with this range of pixels."""
    settings = Mlp(units=[], augmentation=[layer_of(name)], pixel_range=[low, high])
    return both(settings, FACTS)[1].get_layer("augmentation")


@cache
def changed(name: str) -> np.ndarray:
    """What a compiled layer makes of the rows."""
    layer = layer_in(name)
    program = tf.function(lambda pixels: layer(pixels, training=True), autograph=False)
    return np.array(program(ROWS))


@pytest.mark.parametrize("name", TRIED)
def test_images_stay_in_their_range(name):
    assert changed(name).min() >= -1e-5
    assert changed(name).max() <= 1 + 1e-5


@pytest.mark.parametrize("name", TRIED)
def test_images_stay_images(name):
    assert (changed(name).std(axis=(1, 2)) > 0.02).all()
    assert changed(name).mean() == pytest.approx(ROWS.mean() / 255, abs=0.3)


@pytest.mark.parametrize("name", TRIED)
def test_rows_are_changed_differently(name):
    rows = changed(name)
    assert (np.abs(rows - rows[0]).max(axis=(1, 2, 3)) > 0.001).any()


@pytest.mark.parametrize("name", TRIED)
def test_network_gets_the_range_of_the_images(name):
    layer = layer_in(name, low=-1.0, high=2.0)
    random.seed(name)  # a layer may not draw with Python, because a resumed training draws again
    assert np.array(layer(ROWS, training=True)) == pytest.approx(3 * changed(name) - 1, abs=1e-5)


@pytest.mark.parametrize("name", TRIED)
def test_labels_stay_right(name):
    layer = LAYERS[name](**ARGUMENTS.get(name, {}))
    labels = np.eye(12, dtype=np.float32)
    drawn = layer.get_random_transformation(ROWS.astype(np.float32), training=True)
    assert (np.array(layer.transform_labels(labels, drawn)) == labels).all()


@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_layer_that_cannot_augment_is_refused(name, reason):
    settings = layer_of(name) | ({"max_number": 1} if name == "MaxNumBoundingBoxes" else {})
    text = refusal(config(settings), FACTS)
    assert text.startswith("model.augmentation[0]")
    assert f"{reason}. Received: " in text


def test_solarization_of_all_images_is_refused():
    assert refusal(config({"class_name": "Solarization"})) == (
        f"model.augmentation[0] {ALIKE}. Received: {{'class_name': 'Solarization'}}. "
        "Choose arguments, or another layer, that draw at random."
    )


@pytest.mark.parametrize("name", ["RandomHue", "RandomSaturation"])
def test_colours_of_grey_images_cannot_be_changed(name):
    assert refusal(config(layer_of(name))) == (
        "model.augmentation[0] cannot change these images. "
        f"Received: {name}, images of shape (8, 8, 1). Choose a layer for images of 1 channels."
    )


def test_value_range_must_match_the_pixels():
    layer = {"class_name": "RandomBrightness", "factor": 0.2}
    assert np.array_equal(
        np.array(both(config(layer | {"value_range": [0, 1]}))[1](PIXELS, training=True)),
        np.array(both(config(layer))[1](PIXELS, training=True)),
    )
    assert refusal(config(layer | {"value_range": [0, 255]})) == (
        "model.augmentation[0].value_range is not the range of the pixels, and they are from 0 to "
        "1 here. Received: [0, 255]. Remove it."
    )
