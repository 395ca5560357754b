"""Where each row of a CSV file is: its first line, and its bytes.

It works for files that this package wrote: rows end with `\\n`, and quotes are only around values.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

_BLOCK = 1 << 24  # bytes
_ROWS = 1 << 12  # rows that are written at the same time


@dataclass(frozen=True, eq=False)
class _Places:
    """A file for each row, and numbers that say where in the file the row is.

    Args:
        file: for each row, the position of its file in `files`, int16 of shape (rows,).
        at: integers of shape (rows, numbers).
    """

    files: tuple[Path, ...]
    file: NDArray[np.int16]
    at: NDArray[Any]

    def __len__(self) -> int:
        return len(self.file)

    def take(self, rows: Rows) -> Self:
        """The places of the rows with these numbers, in this order."""
        return type(self)(self.files, self.file[rows], self.at[rows])

    def __add__(self, other: Self) -> Self:
        file = np.concatenate([self.file, other.file + np.int16(len(self.files))])
        return type(self)(self.files + other.files, file, np.concatenate([self.at, other.at]))


class Origins(_Places, Sequence[tuple[Path, int]]):
    """For each row, the file that holds it and the line on which it begins."""

    @classmethod
    def in_order(cls, path: Path, lines: NDArray[Any]) -> Self:
        """The rows of one file that begin on these lines."""
        return cls((path,), np.zeros(len(lines), np.int16), lines[:, None])

    @overload
    def __getitem__(self, row: int) -> tuple[Path, int]: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[tuple[Path, int]]: ...
    def __getitem__(self, row: int | slice) -> tuple[Path, int] | Sequence[tuple[Path, int]]:
        if isinstance(row, slice):
            return self.take(np.arange(len(self))[row])
        return self.files[self.file[row]], int(self.at[row, 0])


class RowBytes(_Places):
    """For each row, the file that holds it, its first byte and the one after its last."""

    def write(self, path: Path, rows: Rows) -> None:
        """Writes the header of the first file and the rows with these numbers, as they are."""
        with ExitStack() as stack:
            target = stack.enter_context(path.open("wb"))
            sources = [stack.enter_context(file.open("rb")) for file in self.files]
            target.write(_header(self.files[0]))
            for file, start, stop in self._stretches(rows):
                sources[file].seek(start)
                target.write(sources[file].read(stop - start))

    def _stretches(self, rows: Rows) -> Iterator[tuple[int, int, int]]:
        """Yields the file of adjacent rows, their first byte and the one after their last."""
        for first in range(0, len(rows), _ROWS):
            some = self.take(rows[first : first + _ROWS])
            is_apart = (some.at[1:, 0] != some.at[:-1, 1]) | (some.file[1:] != some.file[:-1])
            starts = np.flatnonzero(np.append(True, is_apart))
            stops = np.append(starts[1:], len(some)) - 1
            yield from zip(
                some.file[starts].tolist(),
                some.at[starts, 0].tolist(),
                some.at[stops, 1].tolist(),
                strict=True,
            )


@dataclass(frozen=True)
class Scan:
    """The rows of a file, without its header.

    Args:
        has_quotes: whether a value is in quotes. Only then can it contain a line break.
        is_whole: whether no quote is left open at the end.
    """

    origins: Origins
    content: RowBytes
    has_quotes: bool
    is_whole: bool


def scan(path: Path) -> Scan:
    """Finds the rows of a file, in little memory."""
    starts, lines = [np.zeros(1, np.int64)], [np.ones(1, np.int64)]
    size = line = 0
    is_open = has_quotes = False
    for block in _blocks(path):
        breaks = np.flatnonzero(_ends_line(block))
        ends = block[breaks] == ord("\n")
        quotes = block == ord('"')
        if is_open or quotes.any():
            has_quotes = True
            inside = np.logical_xor.accumulate(quotes) ^ is_open
            is_open = bool(inside[-1])
            ends &= ~inside[breaks]
        starts.append(size + breaks[ends] + 1)
        lines.append(line + np.flatnonzero(ends) + 2)
        size, line = size + len(block), line + len(breaks)
    first, line_of = np.concatenate(starts), np.concatenate(lines)
    if first[-1] != size:  # The last row has no line end.
        first, line_of = np.append(first, size), np.append(line_of, 0)
    # Smaller integers save a tenth of the memory of a large table.
    origins = Origins.in_order(path, line_of[1:-1].astype(np.min_scalar_type(line)))
    first = first.astype(np.min_scalar_type(size))
    return Scan(
        origins,
        RowBytes((path,), origins.file, np.column_stack([first[1:-1], first[2:]])),
        has_quotes,
        not is_open,
    )


def _blocks(path: Path) -> Iterator[NDArray[np.uint8]]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            while block.endswith(b"\r") and (more := file.read(1)):  # The line end may be longer.
                block += more
            yield np.frombuffer(block, np.uint8)


def _ends_line(block: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The last bytes of line ends, as Python counts lines: those of `\\n`, `\\r` and `\\r\\n`."""
    ends: NDArray[np.bool_] = block == ord("\n")
    returns = np.flatnonzero(block == ord("\r"))
    if len(returns):
        following = np.append(block, 0)[returns + 1]
        ends[returns[following != ord("\n")]] = True
    return ends


def _header(path: Path) -> bytes:
    """The bytes of the first row."""
    with path.open("rb") as file:
        header = file.readline()
        while header.count(b'"') % 2:  # a line break in a name
            header += file.readline()
        return header
