"""First-layer weights, by what they show."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.evaluation.figures.first_layer_weights import FIGURE, plot
from tests.support.metas import images
from tests.support.subjects import dense, linear, only, served, sheet, subject, suited, texts

WEIGHTS = np.linspace(0, 1, 3 * 4 * 4).reshape(3, 4, 4).astype(np.float32)


def test_units_share_a_scale_with_white_zero():
    figure = plot(WEIGHTS, limit=2.0, title="toy: weights")
    axes, bar = figure.axes
    (image,) = axes.images
    assert image.get_clim() == (-2.0, 2.0)
    assert image.get_cmap()(image.norm(0.0)) == (1.0, 1.0, 1.0, 1.0)
    assert np.array_equal(sheet(axes)[:4, 5:9], WEIGHTS[1])
    assert bar.get_ylabel() == "weight"
    assert figure.get_suptitle() == "toy: weights"


def test_hundred_units_are_a_square():
    figure = plot(np.zeros((100, 4, 4), np.float32), limit=1.0, title="")
    assert sheet(figure.axes[0]).shape == (49, 49)


@pytest.mark.parametrize(("units", "size", "width"), [(20, 4, 8.0), (21, 4, 5.65), (21, 120, 16.1)])
def test_units_are_large_if_they_are_few_or_have_many_weights(units, size, width):
    """In inches: up to twenty have 1.1. More have half an inch, or two pixels for each weight."""
    figure = plot(np.zeros((units, size, size), np.float32), limit=1.0, title="")
    assert figure.get_figwidth() == pytest.approx(width)


def test_labels_stand_above_their_units():
    figure = plot(np.zeros((10, 4, 4), np.float32), limit=1.0, labels=list("0123456789"), title="")
    assert texts(figure.axes[0]) == list("0123456789")


def test_units_of_a_linear_model_have_classes():
    figure = only(FIGURE, subject(linear(), images()))
    assert texts(figure.axes[0]) == ["a", "b", "c"]
    assert figure.get_suptitle() == "toy: weights of output"


def test_hidden_units_have_no_classes(dense_on_images):
    assert texts(only(FIGURE, dense_on_images).axes[0]) == []


def test_output_of_two_classes_has_no_class():
    assert texts(only(FIGURE, subject(linear(), images(classes=["a", "b"]))).axes[0]) == []


def test_only_shown_units_have_labels():
    figure = only(FIGURE, subject(linear(), images(shape=[240, 240, 1]), rows=1))
    assert texts(figure.axes[0]) == ["a"]


def test_first_hundred_units_show_their_mean_colour():
    one = subject(dense(101), images(shape=[4, 4, 3]))
    figure = only(FIGURE, one)
    title = "toy: weights of dense_1\nfirst 100 of 101 units, mean over the colours"
    assert figure.get_suptitle() == title
    kernel = one.network.get_layer("dense_1").get_weights()[0].reshape(4, 4, 3, 101)
    assert np.array_equal(sheet(figure.axes[0])[:4, 5:9], kernel[:, :, :, 1].mean(axis=2))


def test_large_images_show_fewer_units():
    figure = only(FIGURE, subject(dense(3), images(shape=[240, 240, 1]), rows=1))
    assert figure.get_suptitle() == "toy: weights of dense_1\nfirst 1 of 3 units"


def test_snapshots_at_powers_of_ten_share_the_scale(dense_on_images):
    early = served(dense(), dense_on_images.meta)
    snapshots = dict.fromkeys((0, 1, 10, 20, 100), early)
    figures = FIGURE.draw(replace(dense_on_images, snapshots=snapshots))
    assert list(figures) == ["", "step_000001", "step_000010", "step_000100"]
    assert len({figure.axes[0].images[0].get_clim() for figure in figures.values()}) == 1
    title = "toy: weights of dense_1\nafter step 10"
    assert figures["step_000010"].get_suptitle() == title


def test_snapshot_of_the_saved_step_is_left_out(dense_on_images):
    snapshots = dict.fromkeys((1, 10), dense_on_images.model)
    one = replace(dense_on_images, snapshots=snapshots, saved_step=10)
    assert list(FIGURE.draw(one)) == ["", "step_000001"]


def test_dense_layer_on_pixels_is_shown(experiments):
    assert suited(FIGURE, experiments) == {"dense_on_images"}
