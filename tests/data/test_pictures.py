"""Image files as training and predictions read them."""

import numpy as np
import pytest
from PIL import Image

from pipeline.data import pictures
from pipeline.errors import DataError
from tests.support.drawings import RED, draw
from tests.support.refusals import refusal

VALUES = np.arange(0, 240, 40, dtype=np.uint8).reshape(2, 3)


@pytest.fixture
def saved(tmp_path):
    def saved(image, name="image.png", **options):
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return saved


def reason(path):
    with pytest.raises(DataError) as caught:
        pictures.load(path)
    return caught.value.received


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.gif", "a.tiff"])
def test_lossless_grey_image_is_read_exactly(saved, name):
    path = saved(Image.fromarray(VALUES), name)
    grey = pictures.read(path, (2, 3, 1))
    assert (grey.dtype, grey[..., 0].tolist()) == (np.uint8, VALUES.tolist())


def test_webp_is_read(saved):
    path = saved(Image.new("RGB", (3, 2), RED), "a.webp", lossless=True)
    assert pictures.read(path, (2, 3, 3))[0, 0].tolist() == list(RED)


def test_image_gets_another_size(tmp_path):
    resized = pictures.read(draw(tmp_path / "a.png", RED, height=40, width=60), (2, 3, 3))
    assert resized.tolist() == [[list(RED)] * 3] * 2


def test_smaller_image_is_a_weighted_mean(saved):
    path = saved(Image.fromarray(np.array([[0, 0, 0, 0, 240, 240, 240, 240]], np.uint8)))
    # The first six pixels weigh 5, 7, 7, 5, 3 and 1 for the left one: 240 * 4 / 28.
    assert pictures.read(path, (1, 2, 1)).ravel().tolist() == [34, 206]


def test_grey_becomes_three_equal_channels(saved):
    path = saved(Image.fromarray(VALUES))
    assert (pictures.read(path, (2, 3, 3)) == VALUES[..., None]).all()


def test_colours_become_grey_for_one_channel(tmp_path):
    path = draw(tmp_path / "a.png", (100, 150, 200))
    # ITU-R 601-2: 0.299 R + 0.587 G + 0.114 B.
    assert set(pictures.read(path, (4, 6, 1)).ravel()) == {141}


def test_transparent_parts_are_white(tmp_path):
    picture = pictures.load(draw(tmp_path / "a.png", (0, 0, 0, 0)))
    assert picture.is_transparent
    assert set(np.asarray(picture.image).ravel()) == {255}


def test_opaque_alpha_changes_nothing(tmp_path):
    picture = pictures.load(draw(tmp_path / "a.png", (*RED, 255)))
    assert (picture.is_transparent, picture.image.getpixel((0, 0))) == (False, RED)


def test_palette_becomes_colours(saved):
    path = saved(Image.new("RGB", (3, 2), RED).quantize(4))
    assert pictures.read(path, (2, 3, 3))[0, 0].tolist() == list(RED)


def test_gif_gives_its_first_frame(saved):
    frames = [Image.new("L", (3, 2), shade) for shade in (10, 200)]
    path = saved(frames[0], "a.gif", save_all=True, append_images=frames[1:])
    assert (pictures.load(path).frames, pictures.read(path, (2, 3, 1)).max()) == (2, 10)


def test_photograph_is_turned_as_its_camera_says(saved):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees, clockwise
    path = saved(Image.fromarray(VALUES), exif=exif)
    assert pictures.shape_of(path) == (3, 2, 1)
    assert pictures.read(path, (3, 2, 1))[..., 0].tolist() == np.rot90(VALUES, -1).tolist()


@pytest.mark.parametrize(("colour", "channels"), [(7, 1), (RED, 3), ((*RED, 0), 3)])
def test_shape_is_known_without_pixels(tmp_path, colour, channels):
    assert pictures.shape_of(draw(tmp_path / "a.png", colour)) == (4, 6, channels)


def test_sixteen_bits_are_refused(saved):
    path = saved(Image.fromarray(VALUES.astype(np.uint16) * 200))
    assert refusal(pictures.shape_of, path) == (
        f"{path}: images of this kind are not supported. "
        "Received: mode I;16, more than 8 bits a channel. "
        "Save it with 8 bits a channel, grey or RGB."
    )


def test_truncated_image_is_damaged(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:1500])
    assert pictures.shape_of(tmp_path / "a.jpg") == (40, 40, 3)
    assert reason(tmp_path / "a.jpg") == "damaged"


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\nbroken"])
def test_other_file_is_no_image(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    assert reason(tmp_path / "a.png") == "no image"


def test_missing_file_is_no_image(tmp_path):
    assert reason(tmp_path / "a.png") == "no such file"


def test_image_of_too_many_pixels_is_refused(tmp_path, monkeypatch):
    path = draw(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    assert reason(path) == "more than 20 pixels"
