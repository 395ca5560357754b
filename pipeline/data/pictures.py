"""Reads image files, for training and for predictions alike."""

import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")

# Pillow reads more formats, but their readers are rarely used and less safe.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
_GREY = ("1", "L", "LA", "La")
_COLOURS = ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV")
_TURNED = 0x0112  # EXIF's tag of the orientation
_ON_ITS_SIDE = (5, 6, 7, 8)


@dataclass(frozen=True)
class Picture:
    """An image as people see it.

    Args:
        image: upright, without transparency, with the mode `L` or `RGB`.
        is_transparent: whether parts of it were transparent. They are white.
        frames: the number of frames in the file. The image is the first one.
    """

    image: Image.Image
    is_transparent: bool
    frames: int


def load(path: Path) -> Picture:
    """Reads an image file.

    Raises:
        DataError: the file is missing, damaged, or not an image with 8 bits a channel. The error's
            `received` says which.
    """
    with _opened(path) as image:
        _require_eight_bits(image, path)
        image.load()
        transparent = _is_transparent(image)
        upright = ImageOps.exif_transpose(image)
        return Picture(_opaque(upright, transparent), transparent, getattr(image, "n_frames", 1))


def shape_of(path: Path) -> tuple[int, int, int]:
    """The height, the width and the channels of an image: 1 channel if it is grey, else 3.

    Reads only the beginning of the file.

    Raises:
        DataError: as `load` does, except for damage later in the file.
    """
    with _opened(path) as image:
        _require_eight_bits(image, path)
        width, height = image.size
        if image.getexif().get(_TURNED) in _ON_ITS_SIDE:
            width, height = height, width
        return height, width, 1 if image.mode in _GREY else 3


def fitted(image: Image.Image, shape: Sequence[int]) -> NDArray[np.uint8]:
    """The pixels of a resized image, uint8 of shape (height, width, channels).

    Uses Pillow's bilinear filter with antialiasing. Stretches the sides to those of `shape`.
    Colours become grey as in ITU-R 601-2, and grey becomes three equal channels.
    """
    height, width, channels = shape
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image, dtype=np.uint8).reshape(height, width, channels)


def read(path: Path, shape: Sequence[int]) -> NDArray[np.uint8]:
    """Reads an image file and changes its size; see `load` and `fitted`."""
    return fitted(load(path).image, shape)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            # Pillow warns about metadata, such as a wrong EXIF tag. Only the pixels matter here.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as image:
                yield image
    except FileNotFoundError:
        raise DataError(
            f"{path} is missing", received="no such file", expected="Name an image file"
        ) from None
    except _FAULTS as error:
        raise DataError(
            f"{path} is not an image",
            received=_reason(error),
            expected="Expected: a PNG, JPEG, BMP, GIF, WebP or TIFF file",
        ) from None


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "no image"
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"more than {Image.MAX_IMAGE_PIXELS or 0:,} pixels"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "damaged"


def _require_eight_bits(image: Image.Image, path: Path) -> None:
    if image.mode not in _GREY + _COLOURS:
        is_long = image.mode.startswith(("I", "F"))
        raise DataError(
            f"{path}: images of this kind are not supported",
            received=f"mode {image.mode}" + ", more than 8 bits a channel" * is_long,
            expected="Save it with 8 bits a channel, grey or RGB",
        )


def _is_transparent(image: Image.Image) -> bool:
    if not image.has_transparency_data:
        return False
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return bool(alpha.min() < 255)


def _opaque(image: Image.Image, is_transparent: bool) -> Image.Image:
    """An image in grey or RGB. Transparent parts become white."""
    mode = "L" if image.mode in _GREY else "RGB"
    if not is_transparent:
        return image.convert(mode)
    colours = image.convert("RGBA")
    paper = Image.new("RGBA", colours.size, "white")
    return Image.alpha_composite(paper, colours).convert(mode)
