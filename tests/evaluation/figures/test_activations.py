"""Activations of convolutions, by what they show."""

import numpy as np

from pipeline.evaluation.figures.activations import FIGURE
from pipeline.models.anatomy import activations_of
from tests.support.metas import images
from tests.support.subjects import convolutions, sheet, subject, suited


def test_each_convolution_has_a_figure(convolutional):
    figures = FIGURE.draw(convolutional)
    assert {name: figure.get_suptitle() for name, figure in figures.items()} == {
        "conv_1": "toy: activations of conv_1\nconvolution 1 of 2",
        "conv_2": "toy: activations of conv_2\nconvolution 2 of 2",
    }


def test_test_images_0_and_13_are_shown(convolutional):
    axes = FIGURE.draw(convolutional)["conv_1"].axes
    assert [axes[0].get_title(), axes[2].get_title()] == ["test image 0: a", "test image 13: b"]
    rows = convolutional.test.x[[0, 13]]
    assert np.array_equal(sheet(axes[2]), rows[1, :, :, 0] / 255)
    maps = activations_of(convolutional.network, ["conv_1"], rows)["conv_1"]
    assert np.array_equal(sheet(axes[3])[:8, :8], maps[1, :, :, 0])


def test_short_test_split_has_no_image_13():
    one = subject(convolutions(2), images(), rows=13)
    assert len(FIGURE.draw(one)["conv_1"].axes) == 2 + 1


def test_first_64_of_65_filters_are_shown():
    figure = FIGURE.draw(subject(convolutions(65), images()))["conv_1"]
    title = "toy: activations of conv_1\nconvolution 1 of 1, first 64 of 65 filters"
    assert figure.get_suptitle() == title


def test_convolutional_network_shows_activations(experiments):
    assert suited(FIGURE, experiments) == {"convolutional"}
