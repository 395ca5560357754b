"""Kernels, by what they show."""

import keras
import numpy as np

from pipeline.evaluation.figures.kernels import FIGURE, plot
from tests.support.metas import images
from tests.support.subjects import convolutions, sheet, subject, suited

# 2 by 2 pixels, 3 input channels, 4 filters
KERNELS = np.linspace(-1, 3, 2 * 2 * 3 * 4).reshape(2, 2, 3, 4).astype(np.float32)


def test_each_input_channel_has_a_panel():
    figure = plot(KERNELS, title="toy: kernels")
    panels = figure.axes[:3]
    assert [axes.get_title() for axes in panels] == ["red", "green", "blue"]
    for channel, axes in enumerate(panels):
        every_fourth = sheet(axes)[:8:4, 9:17:4]  # a pixel of a kernel is four wide
        assert np.array_equal(every_fourth, KERNELS[:, :, channel, 1])
    assert figure.get_suptitle() == "toy: kernels"


def test_all_kernels_share_a_scale_with_white_zero():
    figure = plot(KERNELS, title="")
    drawn = [axes.images[0] for axes in figure.axes[:3]]
    assert {image.get_clim() for image in drawn} == {(-3.0, 3.0)}
    assert drawn[0].get_cmap()(drawn[0].norm(0.0)) == (1.0, 1.0, 1.0, 1.0)
    assert figure.axes[3].get_ylabel() == "weight"


def test_kernels_of_zeros_have_a_scale():
    figure = plot(np.zeros((2, 2, 1, 1), np.float32), title="")
    assert figure.axes[0].images[0].get_clim() == (-1.0, 1.0)


def test_one_input_channel_is_one_panel():
    figure = plot(KERNELS[:, :, :1], title="")
    assert [axes.get_title() for axes in figure.axes] == ["input channel 0", ""]


def test_each_convolution_has_a_figure(convolutional):
    figures = FIGURE.draw(convolutional)
    assert {name: figure.get_suptitle() for name, figure in figures.items()} == {
        "conv_1": "toy: kernels of conv_1\nconvolution 1 of 2",
        "conv_2": "toy: kernels of conv_2\nconvolution 2 of 2, for input channel 0 of 2",
    }


def test_kernels_are_those_of_the_network(convolutional):
    axes = FIGURE.draw(convolutional)["conv_2"].axes[0]
    kernel = convolutional.network.get_layer("conv_2").get_weights()[0]
    assert np.array_equal(sheet(axes)[:12:4, 13:25:4], kernel[:, :, 0, 1])


def test_first_convolution_shows_all_colours_of_64_filters():
    figure = FIGURE.draw(subject(convolutions(65), images(shape=[8, 8, 3])))["conv_1"]
    assert [axes.get_title() for axes in figure.axes] == ["red", "green", "blue", ""]
    title = "toy: kernels of conv_1\nconvolution 1 of 1, first 64 of 65 filters"
    assert figure.get_suptitle() == title


def test_four_convolutions_of_several_pixels_are_shown():
    sizes = [(1 + number % 2, number // 2) for number in range(10)]
    stack = [keras.layers.Conv2D(2, size, name=f"c{size}{number}") for size, number in sizes]
    figures = FIGURE.draw(subject([*stack, keras.layers.Flatten()], images()))
    assert list(figures) == ["c20", "c21", "c22", "c23"]
    assert "convolution 4 of 5" in figures["c23"].get_suptitle()


def test_only_the_very_first_convolution_sees_colours():
    stack = [keras.layers.Conv2D(3, size, name=f"c{size}") for size in (1, 2)]
    figures = FIGURE.draw(subject([*stack, keras.layers.Flatten()], images(shape=[8, 8, 3])))
    assert figures["c2"].axes[0].get_title() == "input channel 0"
    title = "toy: kernels of c2\nconvolution 1 of 1, for input channel 0 of 3"
    assert figures["c2"].get_suptitle() == title


def test_convolutional_network_shows_kernels(experiments):
    assert suited(FIGURE, experiments) == {"convolutional"}
