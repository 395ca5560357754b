"""Reads image files as the images of a model."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data import pictures
from pipeline.errors import DataError
from pipeline.runs.model_card import Pixels


def read(path: Path, pixels: Pixels) -> NDArray[Any]:
    """Reads one image, of shape (height, width, channels).

    If the model was trained on image files, the image is changed as they were: its size becomes
    that of the model, and colours may become grey. Otherwise neither happens, because the images
    of the model's CSV were never changed.

    Raises:
        DataError: the file is missing or no image, or differs from the images of the CSV.
    """
    if pixels.columns is None:
        return pictures.read(path, pixels.shape)
    picture = pictures.load(path)
    if picture.is_transparent:
        raise DataError(
            f"{path}: parts of the image are transparent",
            expected="Save it without transparency",
        )
    height, width, channels = pixels.shape
    image = picture.image
    if image.size != (width, height):
        raise DataError(
            f"{path}: the image has another size than those that the model was trained on",
            received=f"{image.width} by {image.height} pixels",
            expected=f"Resize it to {width} by {height} pixels",
        )
    values = pictures.fitted(image, (height, width, 3))
    if channels == 1:
        values = _grey(values, path)
    if pixels.dtype != "uint8":
        return (values / np.float32(255) * pixels.maximum).astype(pixels.dtype)
    if values.max() > pixels.maximum:
        raise DataError(
            f"{path}: a pixel is too large",
            received=values.max(),
            expected=f"Expected: 0 to {pixels.maximum}",
        )
    return values


def _grey(values: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    if np.all(values == values[..., :1]):
        return values[..., :1]
    raise DataError(
        f"{path}: the image has colours, and the model was trained on grey images",
        expected="Save it as a grey image",
    )
