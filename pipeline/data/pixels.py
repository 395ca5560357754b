"""Images as CSV: a label and one column for each pixel, row by row of the image.

Without its label, a row is an image: `row.reshape(height, width, channels)`.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from pipeline.config.source import Source
from pipeline.errors import DataError, require

Bytes = NDArray[np.uint8]
Images = tuple[Bytes, Bytes]  # labels (n,), pixels (n, height * width * channels)

# 2,000 rows of CIFAR-10 are 6 MB of pixels and about 18 MB of CSV text.
_ROWS = 2_000


def check_settings(source: Source) -> None:
    """Checks the settings that every format of images needs.

    Raises:
        ConfigError: a file has no sha256, or a setting of images is missing.
    """
    require(
        bool(source.files),
        "source.files",
        received="none",
        expected="at least one file with its sha256",
    )
    require(
        all(file.sha256 for file in source.files),
        "source.files.sha256",
        received="none",
        expected="a sha256 for each file of this format",
    )
    for key in ("target", "image_shape", "classes"):
        require(
            bool(getattr(source, key)),
            f"source.{key}",
            received="none",
            expected=f"a value, because format: {source.format} needs it",
        )


def columns_of(target: str, pixels: int) -> list[str]:
    """Names the columns of images: `[target, "p0", "p1", …]`."""
    return [target, *(f"p{index}" for index in range(pixels))]


def check_labels(labels: Bytes, *, classes: int, name: str) -> None:
    """Raises `DataError` at the first label that no class has.

    Args:
        classes: the number of classes.
        name: the name of the file in errors.
    """
    wrong = np.flatnonzero(labels >= classes)
    if len(wrong):
        record = int(wrong[0])
        raise DataError(
            f"{name}, record {record + 1}: no class has this label",
            received=labels[record],
            expected=f"Expected: 0 to {classes - 1}",
        )


def write_csv(path: Path, columns: list[str], images: Iterable[Images]) -> int:
    """Writes blocks of images as CSV. Returns the number of rows."""
    schema = pa.schema([(column, pa.uint8()) for column in columns])
    options = csv.WriteOptions(quoting_header="none", quoting_style="none")
    rows = 0
    with csv.CSVWriter(path, schema, write_options=options) as writer:
        for labels, pixels in images:
            for start in range(0, len(labels), _ROWS):
                block = slice(start, start + _ROWS)
                by_column = np.ascontiguousarray(pixels[block].T)
                writer.write_batch(pa.record_batch([labels[block], *by_column], schema=schema))
            rows += len(labels)
    return rows
