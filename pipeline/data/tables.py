"""Tables of text: the CSV files that this package writes and reads.

`pipeline.data.csv_files` reads the files that people bring. The files here are known to be CSV in
UTF-8, so a fault in one means that it is damaged.
"""

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.encoded import Encoded, Texts
from pipeline.data.places import RowBytes, Scan, scan
from pipeline.data.spool import Lazy, Spool, lazy, mapped
from pipeline.data.stored_texts import StoredTexts
from pipeline.errors import DataError

Rows = NDArray[np.int64]

_BLOCK = 1 << 24  # bytes that Arrow parses at the same time
_STREAMED_BLOCK = 1 << 22  # bytes of a block if only some blocks are to be in memory
_IN_MEMORY = 1 << 26  # bytes of a file; all columns of a smaller one are in memory


@dataclass(frozen=True)
class TextTable:
    """The rows of CSV files as text.

    Args:
        columns: the cells of each column.
        origins: for each row, the file that holds it and the line on which it begins.
        content: where the bytes of each row are; None if the rows were not read by `read`.
        spool: receives large arrays that are made of the rows; None if they fit into memory.
    """

    columns: Mapping[str, Sequence[str]]
    origins: Sequence[tuple[Path, int]]
    content: RowBytes | None = None
    spool: Spool | None = None

    def __len__(self) -> int:
        return len(self.origins)

    def place(self, column: str, row: int) -> str:
        """The file, line and column of a cell, for errors."""
        return f"{self.line(row)}, column {column}"

    def line(self, row: int) -> str:
        """The file and line of a row, for errors."""
        path, line = self.origins[row]
        return f"{path}, line {line}"

    def first(self, rows: int | None) -> "TextTable":
        """The first rows; all of them for None."""
        return self if rows is None or rows >= len(self) else self.take(np.arange(rows))

    def take(self, rows: Rows) -> "TextTable":
        """The rows with these numbers, in this order."""
        return replace(
            self,
            columns=mapped(self.columns, lambda _, cells: _taken(cells, rows)),
            origins=_taken(self.origins, rows),
            content=self.content and self.content.take(rows),
        )

    def followed_by(self, other: "TextTable") -> "TextTable":
        """These rows, then those of `other`; both have the same columns."""
        own = (
            self if other.spool is None else replace(self, columns=lazy(self.columns, self.columns))
        )
        return TextTable(
            mapped(own.columns, lambda name, cells: _joined(cells, other.columns[name])),
            _joined(self.origins, other.origins),
            self.content + other.content if self.content and other.content else None,
            self.spool or other.spool,
        )

    def write(self, path: Path, rows: Rows) -> None:
        """Writes the rows with these numbers as CSV, with the bytes that `read` has seen."""
        if self.content is None:
            raise ValueError("the rows are of no file")
        self.content.write(path, rows)


def _taken(cells: Any, rows: Rows) -> Any:
    return [cells[row] for row in rows] if isinstance(cells, list) else cells.take(rows)


def _joined(first: Any, second: Any) -> Any:
    return first + second


def read(path: Path, *, without: Collection[str] = ()) -> TextTable:
    """Reads a file that this package wrote. Cells stay text.

    The columns of a large file are kept on disk, and each is read when it is used.

    Args:
        without: columns that are not read.

    Raises:
        DataError: the file is damaged.
    """
    from pyarrow import ArrowException

    used = [name for name in columns_of(path) if name not in without]
    places = scan(path)
    spool = Spool(path.parent) if path.stat().st_size > _IN_MEMORY else None
    try:
        columns, rows = (
            _whole(path, used, places) if spool is None else _on_disk(path, used, places, spool)
        )
    except (ArrowException, OSError):
        raise _damaged(path) from None
    if rows != len(places.origins) or not places.is_whole:
        raise _damaged(path)
    return TextTable(columns, places.origins, places.content, spool)


def _whole(path: Path, used: list[str], places: Scan) -> tuple[dict[str, Encoded], int]:
    """The columns of a file and the number of its rows. All columns are in memory."""
    from pyarrow import csv, default_memory_pool, dictionary, int32, large_string

    kinds = dict.fromkeys(used, dictionary(int32(), large_string()))
    table = csv.read_csv(path, **_options(kinds, places, _BLOCK)).unify_dictionaries()
    columns = {name: _encoded(table[name].combine_chunks()) for name in used}
    rows = len(table)
    del table
    default_memory_pool().release_unused()  # Arrow keeps the memory in which it parsed.
    return columns, rows


def _on_disk(path: Path, used: list[str], places: Scan, spool: Spool) -> tuple[Lazy[Encoded], int]:
    """The same as `_whole`. Only a block of the file is in memory."""
    from pyarrow import csv, string, system_memory_pool

    columns = {name: StoredTexts(spool) for name in used}
    rows = 0
    with csv.open_csv(
        path,
        memory_pool=system_memory_pool(),
        **_options(dict.fromkeys(used, string()), places, _STREAMED_BLOCK),
    ) as blocks:
        for block in blocks:
            rows += len(block)
            for name in used:
                columns[name].add(block[name])
    system_memory_pool().release_unused()  # The C library keeps memory that was freed.
    return Lazy({name: column.encoded for name, column in columns.items()}), rows


def _options(kinds: Mapping[str, Any], places: Scan, block: int) -> dict[str, Any]:
    from pyarrow import csv

    longest = int(np.diff(places.content.at).max(initial=0))
    return {
        "read_options": csv.ReadOptions(block_size=max(block, 2 * longest)),
        "parse_options": csv.ParseOptions(newlines_in_values=places.has_quotes),
        "convert_options": csv.ConvertOptions(column_types=kinds, include_columns=list(kinds)),
    }


def _encoded(column: Any) -> Encoded:
    numbers = np.asarray(np.from_dlpack(column.indices), np.int32)
    return Encoded(Texts(column.dictionary), numbers)


def columns_of(path: Path) -> list[str]:
    """The names of the columns of a file that this package wrote.

    Raises:
        DataError: the file is damaged.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file, strict=True))
    except (csv.Error, StopIteration, ValueError):
        raise _damaged(path) from None


def _damaged(path: Path) -> DataError:
    """The error of a damaged file, with the first line that is not a row of its table."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, strict=True)
        with suppress(csv.Error, StopIteration, ValueError):
            width = len(next(rows))
            while len(next(rows)) == width:
                pass
    return DataError(
        f"{path}, line {rows.line_num or 1}: the file is damaged",
        expected="Delete it, then write it again with: dvc repro",
    )


def write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> int:
    """Writes a header and rows as CSV, whole numbers without `.0`.

    Returns the number of rows.
    """
    return write_texts(path, columns, ([_shortest(value) for value in row] for row in rows))


def write_texts(path: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> int:
    """Writes a header and rows of texts as CSV. Returns the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for count, row in enumerate(rows, start=1):  # noqa: B007 - it is returned
            writer.writerow(row)
    return count


def _shortest(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
