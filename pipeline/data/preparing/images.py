"""Images in CSV: each row is a label and the pixels of one image.

pyarrow reads the rows fast. If it fails, Python reads them again to name the line and column.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow
from numpy.typing import NDArray
from pyarrow import csv

from pipeline.data.cells import quoted
from pipeline.data.csv_files import records
from pipeline.data.raw import Raw
from pipeline.errors import DataError

_BLOCK = 16 << 20
Bytes = NDArray[np.uint8]


def read_images(raw: Raw, target: str) -> tuple[Bytes, NDArray[np.int32]]:
    """Reads the images of a source, first the training rows, then its own test rows.

    Returns:
        Pixels of shape (rows, height, width, channels) and labels of shape (rows,).

    Raises:
        DataError: a value is not a pixel or not a label.
    """
    if raw.image_shape is None:
        raise TypeError(f"{raw.folder} does not hold images")
    _check_width(raw, raw.image_shape)
    x = np.empty((sum(raw.rows.values()), int(np.prod(raw.image_shape))), dtype=np.uint8)
    y = np.empty(len(x), dtype=np.int32)
    start = 0
    for path in filter(None, (raw.train, raw.test)):
        rows = slice(start, start + raw.rows[path.name])
        _read_into(x[rows], y[rows], path, raw, target)
        start = rows.stop
    return x.reshape(-1, *raw.image_shape), y


def _check_width(raw: Raw, shape: tuple[int, int, int]) -> None:
    pixels = int(np.prod(shape))
    if len(raw.columns) != pixels + 1:
        raise DataError(
            f"{raw.train}: the number of columns does not match source.image_shape",
            received=f"{len(raw.columns):,} columns",
            expected=f"Expected: {pixels + 1:,}, "
            f"the label and {' by '.join(map(str, shape))} pixels",
        )


def _read_into(x: Bytes, y: NDArray[np.int32], path: Path, raw: Raw, target: str) -> None:
    label = raw.columns.index(target)
    start = 0
    try:
        for block in _blocks(path, raw):
            rows = slice(start, start + len(block))
            x[rows], y[rows] = np.delete(block, label, axis=1), block[:, label]
            start = rows.stop
    except ValueError as error:
        raise _diagnosis(path, raw, target, str(error)) from None
    if (
        start == 0
        or start != len(x)
        or x.max() > raw.pixel_maximum
        or (raw.classes and y.max() >= len(raw.classes))
    ):
        raise _diagnosis(path, raw, target, f"{start:,} rows")


def _blocks(path: Path, raw: Raw) -> Iterator[Bytes]:
    """Yields blocks of rows as uint8 matrices."""
    reader = csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=_BLOCK),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(raw.columns, pyarrow.uint8()), null_values=[]
        ),
    )
    with reader:
        raw.check_columns(path, reader.schema.names)
        for block in reader:
            yield block.to_tensor().to_numpy()


def _diagnosis(path: Path, raw: Raw, target: str, problem: str) -> DataError:
    """Reads the file again, value by value, up to the first error."""
    rows = records(path, name=str(path))
    _, names = next(rows)
    raw.check_columns(path, names)
    highest = dict.fromkeys(names, raw.pixel_maximum) | {target: (len(raw.classes) or 256) - 1}
    for line, cells in rows:
        for name, cell in zip(names, cells, strict=True):
            if not (cell.isdecimal() and int(cell) <= highest[name]):
                kind = "label" if name == target else "pixel"
                return DataError(
                    f"{path}, line {line}, column {name}: the value is not a {kind}",
                    received=quoted(cell),
                    expected=f"Expected: a whole number from 0 to {highest[name]}",
                )
    return DataError(f"{path} cannot be read as images", received=problem)
