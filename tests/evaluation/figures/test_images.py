"""Figures made of images, by what they show: samples, errors, weights, kernels and activations."""

import numpy as np
import pytest

from pipeline.evaluation import figures
from pipeline.evaluation.drawing.tiles import Tiles, columns_for

GREY = np.linspace(0, 1, 3 * 4 * 4).reshape(3, 4, 4)
COLOURED = np.linspace(0, 1, 3 * 4 * 4 * 3).reshape(3, 4, 4, 3)


def sheet(axes) -> np.ndarray:
    return np.ma.filled(axes.images[0].get_array(), np.nan)


def written(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def assert_symmetric_about_white(image):
    low, high = image.get_clim()
    assert low == -high < 0
    assert image.get_cmap()(image.norm(0.0)) == (1.0, 1.0, 1.0, 1.0)


def test_tiles_fill_rows_with_gaps_between():
    found = Tiles(np.array([[[1.0]], [[2.0]], [[3.0]]]), columns=2, inches=1).sheet()
    gap = np.nan
    assert np.array_equal(found, [[1, gap, 2], [gap, gap, gap], [3, gap, gap]], equal_nan=True)


def test_gaps_between_coloured_tiles_are_white():
    found = Tiles(np.zeros((2, 1, 1, 3)), columns=2, inches=1).sheet()
    assert found.tolist() == [[[0, 0, 0], [1, 1, 1], [0, 0, 0]]]


def test_labelled_tiles_are_farther_apart():
    plain, labelled = (
        Tiles(GREY, columns=1, inches=0.32, labels=labels) for labels in ((), ("a", "b", "c"))
    )
    assert [len(tiles.sheet()) for tiles in (plain, labelled)] == [3 * 4 + 2 * 1, 3 * 4 + 3 * 2]
    assert labelled.size == pytest.approx((0.32, 18 * 0.08))


def test_a_label_stands_above_the_middle_of_its_tile():
    figure = figures.sample_images(GREY, ["a", "b", "c"], title="")
    (axes,) = figure.axes
    assert [text.xy for text in axes.texts] == [(1.5, 0.5), (6.5, 0.5), (11.5, 0.5)]
    assert {(text.get_ha(), text.get_va()) for text in axes.texts} == {("center", "bottom")}


@pytest.mark.parametrize(
    ("count", "ratio", "columns"),
    [(1, 1, 1), (1, 2, 1), (10, 2, 5), (16, 1, 4), (32, 1, 8), (36, 2, 9), (37, 1, 7), (64, 2, 16)],
)
def test_rows_are_filled_where_that_takes_few_more_columns(count, ratio, columns):
    assert columns_for(count, ratio=ratio) == columns


def test_samples_are_the_images_with_their_labels():
    figure = figures.sample_images(GREY, ["a", "b", "c"], title="toy: images")
    (axes,) = figure.axes
    assert np.array_equal(sheet(axes)[1:, :4], GREY[0])
    assert np.array_equal(sheet(axes)[1:, 5:9], GREY[1])
    assert written(axes) == ["a", "b", "c"]
    assert figure.get_suptitle() == "toy: images"


def test_all_samples_have_one_scale():
    (axes,) = figures.sample_images(GREY / 2, ["a", "b", "c"], title="").axes
    assert axes.images[0].get_clim() == (0, 1)


def test_coloured_samples_keep_their_colours():
    (axes,) = figures.sample_images(COLOURED, ["a", "b", "c"], title="").axes
    assert np.array_equal(sheet(axes)[1:, :4], COLOURED[0])


def test_samples_stand_ten_in_a_row():
    (axes,) = figures.sample_images(np.zeros((12, 4, 4)), ["x"] * 12, title="").axes
    tops = [text.xy[1] for text in axes.texts]
    assert [tops.count(top) for top in sorted(set(tops))] == [10, 2]


def test_an_error_shows_both_classes_and_their_probabilities():
    figure = figures.worst_errors(
        GREY[:1], true=[("4", 0.0123)], predicted=[("9", 0.9)], title="toy: worst errors"
    )
    assert written(figure.axes[0]) == ["predicted 9 (90.0 %)\ntrue 4 (1.2 %)"]
    assert figure.get_suptitle() == "toy: worst errors"


def test_probabilities_near_their_limits_are_not_rounded_to_them():
    figure = figures.worst_errors(
        GREY[:1], true=[("4", 0.0001)], predicted=[("9", 0.9999)], title=""
    )
    assert written(figure.axes[0]) == ["predicted 9 (above 99.9 %)\ntrue 4 (below 0.1 %)"]


@pytest.mark.parametrize(("errors", "rows"), [(1, [1]), (3, [3]), (5, [3, 2]), (9, [3, 3, 3])])
def test_errors_stand_three_in_a_row(errors, rows):
    figure = figures.worst_errors(
        np.zeros((errors, 4, 4)), [("a", 0.1)] * errors, [("b", 0.9)] * errors, title=""
    )
    tops = [text.xy[1] for text in figure.axes[0].texts]
    assert [tops.count(top) for top in sorted(set(tops))] == rows


def test_weights_of_all_units_have_the_scale_that_they_are_given():
    figure = figures.first_layer_weights(GREY.astype(np.float32), limit=2.0, title="toy: weights")
    axes, bar = figure.axes
    (image,) = axes.images
    assert image.get_clim() == (-2.0, 2.0)
    assert_symmetric_about_white(image)
    assert np.array_equal(sheet(axes)[:4, 5:9], GREY[1].astype(np.float32))
    assert bar.get_ylabel() == "weight"
    assert figure.get_suptitle() == "toy: weights"


def test_a_hundred_units_are_a_square():
    figure = figures.first_layer_weights(np.zeros((100, 4, 4), np.float32), limit=1.0, title="")
    assert sheet(figure.axes[0]).shape == (49, 49)


def test_units_are_labelled_where_they_stand_for_classes():
    figure = figures.first_layer_weights(
        np.zeros((10, 4, 4), np.float32), limit=1.0, labels=list("0123456789"), title=""
    )
    assert written(figure.axes[0]) == list("0123456789")


KERNELS = (
    np.linspace(-1, 3, 2 * 2 * 3 * 4).reshape(2, 2, 3, 4).astype(np.float32)
)  # 2 by 2, 3 channels in, 4 out


def test_kernels_have_a_panel_for_each_input_channel():
    figure = figures.convolution_kernels(KERNELS, title="toy: kernels")
    panels = figure.axes[:3]
    assert [axes.get_title() for axes in panels] == ["red", "green", "blue"]
    for channel, axes in enumerate(panels):
        assert np.array_equal(
            sheet(axes)[:8:4, 9:17:4], KERNELS[:, :, channel, 1]
        )  # each pixel is four
    assert figure.get_suptitle() == "toy: kernels"


def test_all_kernels_have_one_scale_with_a_white_zero():
    figure = figures.convolution_kernels(KERNELS, title="")
    images = [axes.images[0] for axes in figure.axes[:3]]
    assert {image.get_clim() for image in images} == {(-3.0, 3.0)}
    assert_symmetric_about_white(images[0])
    assert figure.axes[3].get_ylabel() == "weight"


def test_kernels_of_zeros_have_a_scale():
    figure = figures.convolution_kernels(np.zeros((2, 2, 1, 1), np.float32), title="")
    assert figure.axes[0].images[0].get_clim() == (-1.0, 1.0)


def test_one_input_channel_is_one_panel():
    figure = figures.convolution_kernels(KERNELS[:, :, :1], title="")
    assert [axes.get_title() for axes in figure.axes] == ["input channel 0", ""]


MAPS = (
    np.linspace(0, 5, 2 * 3 * 3 * 4).reshape(2, 3, 3, 4).astype(np.float32)
)  # of two images, four channels


@pytest.fixture(scope="module")
def activated():
    return figures.activation_maps(
        GREY[:2], MAPS, ["test image 0: a", "test image 13: b"], title="toy: activations"
    )


def test_an_image_stands_beside_its_maps(activated):
    first, maps, second, _, bar = activated.axes
    assert [axes.get_title() for axes in (first, second)] == ["test image 0: a", "test image 13: b"]
    assert np.array_equal(sheet(first), GREY[0])
    assert np.array_equal(sheet(maps)[:3, 4:7], MAPS[0, :, :, 1])
    assert bar.get_ylabel() == "activation"
    assert activated.get_suptitle() == "toy: activations"


def test_activations_of_all_images_have_one_scale_from_zero(activated):
    assert {activated.axes[place].images[0].get_clim() for place in (1, 3)} == {(0.0, 5.0)}


def test_activations_below_zero_begin_the_scale():
    figure = figures.activation_maps(GREY[:1], MAPS[:1] - 1, ["x"], title="")
    assert figure.axes[1].images[0].get_clim()[0] == -1.0


def test_a_single_map_is_not_pushed_aside():
    figure = figures.activation_maps(GREY[:1], MAPS[:1, :, :, :1], ["x"], title="")
    assert sheet(figure.axes[1]).shape == (3, 3)
