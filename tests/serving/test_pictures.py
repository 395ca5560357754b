"""PNG and JPEG files as images of a model."""

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import DataError
from pipeline.runs.model_card import Pixels
from pipeline.serving.pictures import read
from tests.support.drawings import draw
from tests.support.refusals import refusal

GREY, COLOUR = Pixels([2, 3, 1], 255, []), Pixels([2, 3, 3], 255, [])
VALUES = np.arange(0, 240, 40, dtype=np.uint8).reshape(2, 3)
COLOURS = np.stack([VALUES, VALUES + 1, VALUES + 2], axis=-1)


@pytest.fixture
def write(tmp_path):
    def write(array, name="image.png", **options):
        Image.fromarray(array).save(tmp_path / name, **options)
        return tmp_path / name

    return write


def test_grey_png_is_read_exactly(write):
    assert np.array_equal(read(write(VALUES), GREY), VALUES[..., None])


def test_colour_png_is_read_exactly(write):
    assert np.array_equal(read(write(COLOURS), COLOUR), COLOURS)


def test_grey_image_has_three_equal_channels_for_a_model_of_colours(write):
    assert np.array_equal(read(write(VALUES), COLOUR), np.repeat(VALUES[..., None], 3, axis=2))


def test_grey_image_saved_as_rgb_is_grey(write):
    path = write(np.repeat(VALUES[..., None], 3, axis=2))
    assert np.array_equal(read(path, GREY), VALUES[..., None])


def test_opaque_alpha_is_ignored(write):
    alpha = np.full((2, 3, 1), 255, np.uint8)
    assert np.array_equal(read(write(np.concatenate([COLOURS, alpha], axis=2)), COLOUR), COLOURS)


def test_jpeg_is_read(write):
    flat = np.full((2, 3), 100, np.uint8)
    assert np.abs(read(write(flat, "image.jpg"), GREY).astype(int) - 100).max() <= 2


def test_colours_are_refused_for_a_model_of_grey_images(write):
    assert "the model was trained on grey images" in refusal(read, write(COLOURS), GREY)


def test_image_of_another_size_is_refused(write):
    path = write(np.zeros((4, 5), np.uint8))
    assert refusal(read, path, GREY) == (
        f"{path}: the image has another size than those that the model was trained on. "
        "Received: 5 by 4 pixels. Resize it to 3 by 2 pixels."
    )


def test_transparent_image_is_refused(write):
    alpha = np.zeros((2, 3, 1), np.uint8)
    path = write(np.concatenate([COLOURS, alpha], axis=2))
    assert "parts of the image are transparent" in refusal(read, path, COLOUR)


def test_sixteen_bits_are_refused(write):
    assert "Received: mode I;16" in refusal(read, write(VALUES.astype(np.uint16) * 200), GREY)


def test_pixel_above_the_maximum_is_refused(write):
    assert "Received: 200" in refusal(read, write(VALUES), Pixels([2, 3, 1], 16, []))


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\nbroken"])
def test_other_file_is_refused(tmp_path, content):
    path = tmp_path / "image.png"
    path.write_bytes(content)
    assert refusal(read, path, GREY, error=DataError).startswith(f"{path} is not an image")


def test_missing_file_is_refused(tmp_path):
    assert refusal(read, tmp_path / "none.png", GREY).startswith(f"{tmp_path / 'none.png'} is miss")


FILES = Pixels([2, 3, 3], 255, None)


def test_any_image_suits_a_model_of_image_files(tmp_path):
    path = draw(tmp_path / "a.png", (9, 9, 9, 255), height=20, width=40)
    assert np.array_equal(read(path, FILES), np.full((2, 3, 3), 9))


def test_grey_is_scaled_for_a_model_of_floats(write):
    scaled = read(write(VALUES), Pixels([2, 3, 1], 1, [], "float32"))
    assert (scaled.dtype, scaled[1, 2, 0]) == (np.float32, np.float32(200 / 255))
