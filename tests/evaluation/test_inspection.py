"""Figures for `inspect`."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from pipeline.evaluation.inspection import figures_of, require_image
from tests.support.metas import images, table
from tests.support.refusals import refusal
from tests.support.subjects import convolutions, dense, sheet, subject


def drawn(one, row: int = 1):
    return figures_of(one.model, one.test, one.meta, row, title="toy")


def test_each_convolution_has_a_figure():
    figures = drawn(subject(convolutions(2, 3), images()))
    assert {name: figure.get_suptitle() for name, figure in figures.items()} == {
        "conv_1": "toy: conv_1",
        "conv_2": "toy: conv_2",
    }


def test_dense_layers_are_drawn_without_convolutions():
    one = subject(dense(), images())
    figures = drawn(one)
    assert list(figures) == ["dense_1", "output"]
    picture, bars = figures["output"].axes
    assert picture.get_title() == "test image 1: b"
    assert np.array_equal(sheet(picture), one.test.x[1, :, :, 0] / 255)
    assert len(bars.patches) == 3


def test_colour_images_keep_their_colours():
    one = subject(dense(), images(shape=[8, 8, 3]))
    assert np.array_equal(sheet(drawn(one)["output"].axes[0]), one.test.x[1] / 255)


def test_regression_on_images_has_no_class():
    one = subject(dense(), images(classes=None, task="regression"))
    assert drawn(one)["output"].axes[0].get_title() == "test image 1"


def test_dense_layer_with_several_rows_is_not_drawn():
    stack = [keras.layers.Reshape((8, 8)), keras.layers.Dense(2), keras.layers.Flatten()]
    assert list(drawn(subject(stack, images()))) == ["output"]


@pytest.mark.parametrize("row", [-1, 12])
def test_row_outside_the_split_is_refused(row):
    assert refusal(require_image, images(), row) == (
        f"the test split has no image of this number. Received: {row}. Expected: 0 to 11."
    )


def test_row_of_the_split_is_allowed():
    require_image(images(), 0)
    require_image(images(), 11)


def test_table_is_refused():
    assert refusal(require_image, replace(table(), name="prices"), 0) == (
        "only images can be drawn. Received: a model for prices, a table. "
        "Choose a model that was trained on images."
    )
