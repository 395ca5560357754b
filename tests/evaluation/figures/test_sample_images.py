"""Sample images, by what they show."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.data.prepared import Split
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.figures.sample_images import FIGURE, plot
from tests.support.subjects import only, rows_of, sheet, suited, texts

GREY = np.linspace(0, 1, 3 * 4 * 4).reshape(3, 4, 4)
COLOURED = np.linspace(0, 1, 3 * 4 * 4 * 3).reshape(3, 4, 4, 3)


def test_images_stand_under_their_labels():
    figure = plot(GREY, ["a", "b", "c"], title="toy: images")
    (axes,) = figure.axes
    assert np.array_equal(sheet(axes)[1:, :4], GREY[0])
    assert np.array_equal(sheet(axes)[1:, 5:9], GREY[1])
    assert texts(axes) == ["a", "b", "c"]
    assert figure.get_suptitle() == "toy: images"


def test_all_images_share_one_scale():
    (axes,) = plot(GREY / 2, ["a", "b", "c"], title="").axes
    assert axes.images[0].get_clim() == (0, 1)


def test_colour_images_keep_their_colours():
    (axes,) = plot(COLOURED, ["a", "b", "c"], title="").axes
    assert np.array_equal(sheet(axes)[1:, :4], COLOURED[0])


def test_images_stand_ten_in_a_row():
    assert rows_of(plot(np.zeros((12, 4, 4)), ["x"] * 12, title="").axes[0]) == [10, 2]


def repeated(one: Subject, copies: int) -> Subject:
    """The experiment with several copies of its 20 training rows."""
    x, y = one.train.x, one.train.y
    return replace(one, train=Split(np.tile(x, (copies, 1, 1, 1)), np.tile(y, copies), None))


def test_few_images_are_all_shown(dense_on_images):
    (axes,) = only(FIGURE, dense_on_images).axes
    train = dense_on_images.train
    assert np.array_equal(sheet(axes)[2:10, :8], train.x[0, :, :, 0] / 255)
    assert texts(axes) == [dense_on_images.classes[label] for label in train.y]


def test_sample_is_the_same_each_time(dense_on_images):
    first, again = (only(FIGURE, repeated(dense_on_images, 3)).axes[0] for _ in range(2))
    assert np.array_equal(sheet(first), sheet(again), equal_nan=True)


@pytest.mark.parametrize("copies", [2, 3])
def test_at_most_forty_images_are_shown(dense_on_images, copies):
    (axes,) = only(FIGURE, repeated(dense_on_images, copies)).axes
    assert len(texts(axes)) == 40


def test_classifications_of_images_show_samples(experiments):
    assert suited(FIGURE, experiments) == {"dense_on_images", "convolutional"}
