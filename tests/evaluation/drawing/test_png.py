"""Figures as PNG files."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pipeline.evaluation.drawing.png import png
from pipeline.evaluation.figures import confusion_matrix, first_layer_weights


@pytest.fixture(scope="module")
def figure():
    return confusion_matrix.plot(np.array([[3, 1], [0, 0]]), ["no", "yes"], title="toy")


def test_equal_figures_give_equal_files(figure):
    again = confusion_matrix.plot(np.array([[3, 1], [0, 0]]), ["no", "yes"], title="toy")
    assert png(figure) == png(again)


def test_figure_full_of_noise_is_a_small_file():
    noise = np.random.default_rng(0).normal(size=(100, 28, 28)).astype(np.float32)
    assert len(png(first_layer_weights.plot(noise, limit=2.0, title="toy"))) < 200_000


def test_file_has_size_and_colours_of_its_figure(figure):
    with Image.open(BytesIO(png(figure))) as image:
        assert image.size == tuple(int(120 * inches) for inches in figure.get_size_inches())
        colours = {colour for _, colour in image.convert("RGB").getcolors()}
    assert {(255, 255, 255), (8, 48, 107)} <= colours


def test_picture_is_that_of_savefig():
    first, second = (
        confusion_matrix.plot(np.array([[3, 1], [0, 0]]), ["no", "yes"], title="toy")
        for _ in range(2)
    )
    plain = BytesIO()
    second.savefig(plain, format="png")
    pixels = [np.asarray(Image.open(one).convert("RGB")) for one in (BytesIO(png(first)), plain)]
    assert np.abs(pixels[0].astype(int) - pixels[1]).max() < 32  # the palette has 256 colours
