"""Reads MNIST's format: gzip over IDX, images and labels in two files that belong together.

A file says how many records it holds; that number is believed only within limits and held against the bytes.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pipeline.data.fetching.pixels import Bytes, Images, check_labels
from pipeline.errors import DataError

_LABELS = 0x00000801  # unsigned bytes, one dimension
_IMAGES = 0x00000803  # unsigned bytes, three dimensions
_RECORDS = 5_000
_LARGEST = 1 << 30


def read(images: Path, labels: Path, *, shape: tuple[int, ...], classes: int) -> Iterator[Images]:
    """Yields labels (n,) and pixels (n, height * width) of some thousand records at a time.

    Args:
        shape: (height, width), which the file must agree with.
        classes: labels must be below this number.

    Raises:
        DataError: a file is damaged, the two do not belong together, or a label is out of range.
    """
    numbers = _read_labels(labels)
    check_labels(numbers, classes=classes, shown_as=labels.name)
    with _opened(images) as file:
        count = _read_count(file, images.name, _IMAGES, shape)
        if count != len(numbers):
            raise DataError(
                f"{images.name} and {labels.name} do not hold the same number of records",
                received=f"{count:,} and {len(numbers):,}",
            )
        for start in range(0, count, _RECORDS):
            part = numbers[start : start + _RECORDS]
            yield (
                part,
                _read_exactly(file, images.name, len(part) * math.prod(shape)).reshape(
                    len(part), -1
                ),
            )


def _read_labels(path: Path) -> Bytes:
    with _opened(path) as file:
        return _read_exactly(file, path.name, _read_count(file, path.name, _LABELS, ()))


@contextmanager
def _opened(path: Path) -> Iterator[gzip.GzipFile]:
    """The decompressed bytes, which must be at their end when the block ends."""
    try:
        with gzip.open(path) as file:
            yield file
            if file.read(1):
                raise DataError(f"{path.name} holds more bytes than its header says")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path.name} is damaged", received=error, expected="Expected: a whole gzip file"
        ) from error


def _read_count(file: gzip.GzipFile, name: str, magic: int, shape: tuple[int, ...]) -> int:
    """Reads the header: the magic number, the count of records, the shape of a record."""
    size = 8 + 4 * len(shape)
    header = _read_exactly(file, name, size).tobytes()
    received, count, *sides = (int(number) for number in struct.unpack(f">{size // 4}I", header))
    if received != magic:
        raise DataError(
            f"{name} has a wrong magic number",
            received=f"{received:#010x}",
            expected=f"Expected: {magic:#010x}",
        )
    if tuple(sides) != shape:
        raise DataError(
            f"{name} has images of a wrong size",
            received=sides,
            expected=f"Expected: {list(shape)}",
        )
    if count * math.prod(shape) > _LARGEST:
        raise DataError(
            f"{name} is too large",
            received=f"{count:,} records",
            expected=f"Expected: at most {_LARGEST:,} bytes",
        )
    return count


def _read_exactly(file: gzip.GzipFile, name: str, size: int) -> Bytes:
    content = file.read(size)
    if len(content) < size:
        raise DataError(
            f"{name} ends too early",
            received=f"{len(content):,} bytes",
            expected=f"Expected: {size:,}",
        )
    return np.frombuffer(content, np.uint8)
