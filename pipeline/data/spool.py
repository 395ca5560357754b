"""Arrays on disk, for tables that are larger than memory should be."""

import ctypes
import os
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value")
Other = TypeVar("Other")


_M_MMAP_THRESHOLD = -3  # of malloc.h
_LEAST_BYTES = 1 << 18  # a freed array of this size or more is given back


class Spool:
    """A file for arrays. It has no name, so nothing of it stays after the process.

    Args:
        folder: the file is on the disk of this folder, if the folder is writable.
    """

    def __init__(self, folder: Path) -> None:
        own = folder if os.access(folder, os.W_OK) else None
        self._file = TemporaryFile(dir=own)  # noqa: SIM115 - it is open as long as the spool is used
        weakref.finalize(self, self._file.close)
        _give_back_freed_memory()
        self._size = 0

    def add(self, array: NDArray[Any]) -> "Stored":
        """Writes an array of shape (rows,)."""
        content = np.ascontiguousarray(array)
        stored = Stored(self, self._size, len(content), content.dtype)
        self._file.write(content.view(np.uint8).data)
        self._size += content.nbytes
        return stored

    def read(self, offset: int, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Reads numbers that begin at an offset in bytes."""
        self._file.seek(offset)
        values = np.fromfile(self._file, dtype, count)
        self._file.seek(self._size)
        return values


def _give_back_freed_memory() -> None:
    """Lets the C library give arrays back as soon as they are freed.

    By default, glibc keeps those of up to 32 MiB for later
    (https://man7.org/linux/man-pages/man3/mallopt.3.html). Other libraries have no such setting.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LEAST_BYTES)


class Stored:
    """An array of shape (rows,) in a spool. It is read when it is used.

    Args:
        offset: the position of its first byte.
    """

    def __init__(self, spool: Spool, offset: int, rows: int, dtype: np.dtype[Any]) -> None:
        self._spool = spool
        self._offset = offset
        self._rows = rows
        self.dtype = dtype

    def __len__(self) -> int:
        return self._rows

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = self._read(0, self._rows)
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        if not len(rows):
            return np.empty(0, self.dtype)
        first, last = int(rows.min()), int(rows.max())
        return self._read(first, last + 1)[rows - first]

    def _read(self, start: int, stop: int) -> NDArray[Any]:
        first = self._offset + start * self.dtype.itemsize
        return self._spool.read(first, stop - start, self.dtype)


class Lazy(Mapping[str, Value]):
    """Values that are made each time they are used, because all together take much memory.

    Args:
        makers: by name, what makes the value.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Value]]) -> None:
        self._makers = makers

    def __getitem__(self, name: str) -> Value:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def mapped(
    values: Mapping[str, Value], function: Callable[[str, Value], Other]
) -> Mapping[str, Other]:
    """Applies a function to each name and value, later if the values are lazy."""
    if not isinstance(values, Lazy):
        return {name: function(name, value) for name, value in values.items()}

    def later(name: str) -> Callable[[], Other]:
        return lambda: function(name, values[name])

    return Lazy({name: later(name) for name in values})


def only(values: Mapping[str, Value], names: Iterable[str]) -> Mapping[str, Value]:
    """The values with these names, in the order of the names."""
    if isinstance(values, Lazy):
        return lazy(values, names)
    return {name: values[name] for name in names}


def lazy(values: Mapping[str, Value], names: Iterable[str]) -> Lazy[Value]:
    """The values with these names, looked up each time they are used."""
    return Lazy({name: partial(values.__getitem__, name) for name in names})
