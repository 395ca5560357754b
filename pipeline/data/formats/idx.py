"""IDX, the format of MNIST.

Its gzip files hold images or labels, for training or for testing. A file's header says how many
records follow. The reader limits that number and checks it against the bytes.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pipeline.config.source import Source
from pipeline.data import pixels
from pipeline.data.formats import Contents, SourceFile
from pipeline.data.pixels import Bytes, Images
from pipeline.errors import DataError, require

FILES = {
    "train.csv": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test.csv": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}

_LABELS = 0x00000801  # unsigned bytes, one dimension
_IMAGES = 0x00000803  # unsigned bytes, three dimensions
_RECORDS = 5_000
_LARGEST = 1 << 30


def check(source: Source) -> None:
    """Checks that a source has MNIST's four files, and grey images."""
    pixels.check_settings(source)
    expected = sorted(name for pair in FILES.values() for name in pair)
    received = sorted(file.name for file in source.files)
    require(
        received == expected and not source.alternatives,
        "source.files",
        received=received,
        expected=", ".join(expected),
    )
    require(
        (source.image_shape or [])[2:] == [1],
        "source.image_shape",
        received=source.image_shape,
        expected="1 channel",
    )


def read(source: Source, files: list[SourceFile], folder: Path) -> Contents:
    """Writes `train.csv` and `test.csv`.

    Raises:
        DataError: a file is damaged, two files do not match, or a label is out of range.
    """
    paths = {file.name: file.path for file in files}
    shape = tuple(source.image_shape or ())
    columns = pixels.columns_of(str(source.target), math.prod(shape))
    rows = {}
    for name, (images, labels) in FILES.items():
        records = _records(
            paths[images], paths[labels], shape=shape[:2], classes=len(source.classes)
        )
        rows[name] = pixels.write_csv(folder / name, columns, records)
    return Contents(columns, rows)


def _records(
    images: Path, labels: Path, *, shape: tuple[int, ...], classes: int
) -> Iterator[Images]:
    """Yields blocks of labels (n,) and pixels (n, height * width)."""
    numbers = _read_labels(labels)
    pixels.check_labels(numbers, classes=classes, name=labels.name)
    with _opened(images) as file:
        count = _read_count(file, images.name, _IMAGES, shape)
        if count != len(numbers):
            raise DataError(
                f"{images.name} and {labels.name} hold different numbers of records",
                received=f"{count:,} and {len(numbers):,}",
            )
        for start in range(0, count, _RECORDS):
            block = numbers[start : start + _RECORDS]
            size = len(block) * math.prod(shape)
            yield block, _read_exactly(file, images.name, size).reshape(len(block), -1)


def _read_labels(path: Path) -> Bytes:
    with _opened(path) as file:
        return _read_exactly(file, path.name, _read_count(file, path.name, _LABELS, ()))


@contextmanager
def _opened(path: Path) -> Iterator[gzip.GzipFile]:
    """Opens the decompressed bytes.

    When the block ends, all of them must have been read.
    """
    try:
        with gzip.open(path) as file:
            yield file
            if file.read(1):
                raise DataError(f"{path.name} holds more bytes than its header says")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path.name} is damaged", received=error, expected="Expected: a complete gzip file"
        ) from error


def _read_count(file: gzip.GzipFile, name: str, magic: int, shape: tuple[int, ...]) -> int:
    """Checks the header of a file and returns the number of its records."""
    size = 8 + 4 * len(shape)
    header = _read_exactly(file, name, size).tobytes()
    received, count, *sides = (int(number) for number in struct.unpack(f">{size // 4}I", header))
    if received != magic:
        raise DataError(
            f"{name} has the wrong magic number",
            received=f"{received:#010x}",
            expected=f"Expected: {magic:#010x}",
        )
    if tuple(sides) != shape:
        raise DataError(
            f"{name} has images of the wrong size",
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
