"""Images in CSV, a label and the pixels of one image in each row: read fast, and where that fails, slowly to tell why."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow
from numpy.typing import NDArray
from pyarrow import csv

from pipeline.data.raw import Raw
from pipeline.data.tables import rows_of, shown
from pipeline.errors import DataError

_BLOCK = 16 << 20
Bytes = NDArray[np.uint8]


def read_images(raw: Raw, target: str) -> tuple[Bytes, NDArray[np.int32]]:
    """Pixels of shape (rows, height, width, channels) and labels of shape (rows,): training rows, then the test part's.

    Raises:
        DataError: a value is not a pixel or not a label, told by file, line and column.
    """
    if raw.image_shape is None:
        raise TypeError(f"{raw.folder} does not hold images")
    _check_width(raw)
    x = np.empty((sum(raw.rows.values()), int(np.prod(raw.image_shape))), dtype=np.uint8)
    y = np.empty(len(x), dtype=np.int32)
    start = 0
    for path in filter(None, (raw.train, raw.test)):
        rows = slice(start, start + raw.rows[path.name])
        _read_into(x[rows], y[rows], path, raw, target)
        start = rows.stop
    return x.reshape(-1, *raw.image_shape), y


def _check_width(raw: Raw) -> None:
    pixels = int(np.prod(raw.image_shape or ()))
    if len(raw.columns) != pixels + 1:
        raise DataError(
            f"{raw.train}: the number of columns does not fit the images",
            received=f"{len(raw.columns):,} columns",
            expected=f"Expected: {pixels + 1:,}, the label and {' by '.join(map(str, raw.image_shape or ()))} pixels",
        )


def _read_into(x: Bytes, y: NDArray[np.int32], path: Path, raw: Raw, target: str) -> None:
    label = raw.columns.index(target)
    start = 0
    try:
        for batch in _batches(path, raw.columns):
            rows = slice(start, start + len(batch))
            x[rows], y[rows] = np.delete(batch, label, axis=1), batch[:, label]
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


def _batches(path: Path, columns: list[str]) -> Iterator[Bytes]:
    """Blocks of rows as uint8 matrices."""
    reader = csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=_BLOCK),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pyarrow.uint8()), null_values=[]
        ),
    )
    with reader:
        for batch in reader:
            yield batch.to_tensor().to_numpy()


def _diagnosis(path: Path, raw: Raw, target: str, problem: str) -> DataError:
    """Reads the file again, value by value, until the first fault."""
    records = rows_of(path, shown_as=str(path))
    _, names = next(records)
    highest = dict.fromkeys(names, raw.pixel_maximum) | {target: (len(raw.classes) or 256) - 1}
    for line, cells in records:
        for name, cell in zip(names, cells, strict=True):
            if not (cell.isdecimal() and int(cell) <= highest[name]):
                kind = "label" if name == target else "pixel"
                return DataError(
                    f"{path}, line {line}, column {name}: the value is not a {kind}",
                    received=shown(cell),
                    expected=f"Expected: a whole number from 0 to {highest[name]}",
                )
    return DataError(f"{path} cannot be read as images", received=problem)
