"""Reads PNG and JPEG files as the images of a model."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pipeline.errors import DataError
from pipeline.runs.model_card import Pixels

SUFFIXES = (".png", ".jpg", ".jpeg")


def read(path: Path, pixels: Pixels) -> NDArray[np.uint8]:
    """Reads one image, uint8 of shape (height, width, channels).

    It is never resized, and colours never become grey, because the model was trained on neither.

    Raises:
        DataError: the file is missing or no image, or differs from the images of the model.
    """
    try:
        with Image.open(path) as image:
            picture = np.asarray(image.convert(_mode(image, path)))
    except FileNotFoundError:
        raise DataError(f"{path} is missing", expected="Name a PNG or JPEG file") from None
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{path} is not an image", received=error) from None
    height, width, channels = pixels.shape
    if picture.shape[:2] != (height, width):
        raise DataError(
            f"{path}: the image has another size than those that the model was trained on",
            received=f"{picture.shape[1]} by {picture.shape[0]} pixels",
            expected=f"Resize it to {width} by {height} pixels",
        )
    picture = _with_channels(picture, channels, path)
    if picture.max() > pixels.maximum:
        raise DataError(
            f"{path}: a pixel is too large",
            received=picture.max(),
            expected=f"Expected: 0 to {pixels.maximum}",
        )
    return picture


def _mode(image: Any, path: Path) -> str:
    """The mode without loss: `L` for grey images, `RGB` for others."""
    if image.mode in ("1", "L"):
        return "L"
    if image.mode == "RGB":
        return "RGB"
    if image.mode in ("P", "RGBA", "LA", "PA") and _opaque(image):
        return "L" if image.mode == "LA" else "RGB"
    raise DataError(
        f"{path}: images of this kind are not supported",
        received=f"mode {image.mode}" + (" with transparency" if "A" in image.mode else ""),
        expected="Save it with 8 bits a channel, grey or RGB, without transparency",
    )


def _opaque(image: Any) -> bool:
    return bool(image.convert("RGBA").getextrema()[3][0] == 255)


def _with_channels(picture: NDArray[Any], channels: int, path: Path) -> NDArray[np.uint8]:
    grey = picture.ndim == 2
    if grey:
        return np.repeat(picture[..., None], channels, axis=2)
    if channels == 3:
        return picture
    if np.all(picture == picture[..., :1]):
        return picture[..., :1]
    raise DataError(
        f"{path}: the image has colours, and the model was trained on grey images",
        expected="Save it as a grey image",
    )
