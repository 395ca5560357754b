"""Images as arrays: the files that hold their pixels, and their shape."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int, int]  # height, width, channels
Bytes = NDArray[np.uint8]


def guessed_shape(count: int) -> Shape | None:
    """The shape of square images with this number of pixels, in grey or in three colours."""
    for channels in (1, 3):
        side = math.isqrt(count // channels)
        if side * side * channels == count:
            return side, side, channels
    return None


class ArrayWriter:
    """Writes images to a `.npy` file, one after the other. Only one of them is in memory.

    Args:
        shape: height, width and channels.
    """

    def __init__(self, file: BinaryIO, shape: Sequence[int]) -> None:
        self.count = 0
        self._file = file
        self._shape = tuple(shape)
        self._write_header()

    def add(self, image: Bytes) -> None:
        """Writes an image of the shape."""
        self._file.write(np.ascontiguousarray(image).tobytes())
        self.count += 1

    def finish(self) -> None:
        """Writes the number of images. The header of NumPy has room for it."""
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        shape = (self.count, *self._shape)
        facts = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, facts)


@contextmanager
def array_writer(path: Path, shape: Sequence[int]) -> Iterator[ArrayWriter]:
    """Opens a `.npy` file for images."""
    with path.open("wb") as file:
        writer = ArrayWriter(file, shape)
        yield writer
        writer.finish()


def read_array(path: Path) -> Bytes:
    """Opens a file of `array_writer`, uint8 (rows, height, width, channels). It stays on disk."""
    array: Bytes = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
