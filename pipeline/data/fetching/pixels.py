"""Images as CSV: a label and one column for each pixel, row by row of the image.

`reshape(height, width, channels)` of a row without its label gives the image. Knows no file format of images.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from pipeline.errors import DataError

Bytes = NDArray[np.uint8]
Images = tuple[Bytes, Bytes]  # labels (n,), pixels (n, height * width * channels)

_ROWS = (
    2_000  # 6 MB of CIFAR-10's pixels: the text that is made of them is about three times as large
)


def columns_of(target: str, pixels: int) -> list[str]:
    """`[target, "p0", "p1", …]`."""
    return [target, *(f"p{index}" for index in range(pixels))]


def check_labels(labels: Bytes, *, classes: int, shown_as: str) -> None:
    """Raises `DataError` at the first label that is not the number of a class."""
    wrong = np.flatnonzero(labels >= classes)
    if len(wrong):
        record = int(wrong[0])
        raise DataError(
            f"{shown_as}, record {record + 1}: there is no such class",
            received=labels[record],
            expected=f"Expected: 0 to {classes - 1}",
        )


def write_csv(path: Path, columns: list[str], images: Iterable[Images]) -> int:
    """Writes `images` as they come, a few thousand rows in memory at a time; returns the number of rows."""
    schema = pa.schema([(column, pa.uint8()) for column in columns])
    options = csv.WriteOptions(quoting_header="none", quoting_style="none")
    rows = 0
    with csv.CSVWriter(path, schema, write_options=options) as writer:
        for labels, pixels in images:
            for start in range(0, len(labels), _ROWS):
                part = slice(start, start + _ROWS)
                by_column = np.ascontiguousarray(pixels[part].T)
                writer.write_batch(pa.record_batch([labels[part], *by_column], schema=schema))
            rows += len(labels)
    return rows
