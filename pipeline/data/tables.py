"""Tables of text: the CSV files that this package writes and reads.

`pipeline.data.csv_files` reads the files that people bring. The files here are known to be CSV in
UTF-8, so a fault in one means that it is damaged.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import DataError


@dataclass(frozen=True)
class TextTable:
    """The rows of CSV files as text.

    Args:
        columns: the cells of each column.
        origins: for each row, the file that holds it and the line on which it begins.
    """

    columns: dict[str, list[str]]
    origins: list[tuple[Path, int]]

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
        columns = {name: cells[:rows] for name, cells in self.columns.items()}
        return TextTable(columns, self.origins[:rows])

    def take(self, rows: Sequence[int]) -> "TextTable":
        """The rows with these numbers, in this order."""
        columns = {name: [cells[row] for row in rows] for name, cells in self.columns.items()}
        return TextTable(columns, [self.origins[row] for row in rows])

    def followed_by(self, other: "TextTable") -> "TextTable":
        """These rows, then those of `other`; both have the same columns."""
        columns = {name: cells + other.columns[name] for name, cells in self.columns.items()}
        return TextTable(columns, self.origins + other.origins)

    def write(self, path: Path, rows: Sequence[int]) -> None:
        """Writes the rows with these numbers as CSV."""
        write(path, self.columns, ([cells[row] for cells in self.columns.values()] for row in rows))


def read(path: Path) -> TextTable:
    """Reads a file that `write` wrote. Cells stay text.

    Raises:
        DataError: the file is damaged.
    """
    origins: list[tuple[Path, int]] = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            names = next(rows)
            columns: list[list[str]] = [[] for _ in names]
            start = rows.line_num + 1
            for cells in rows:
                for column, cell in zip(columns, cells, strict=True):
                    column.append(cell)
                origins.append((path, start))
                start = rows.line_num + 1
        except (csv.Error, StopIteration, ValueError):
            raise DataError(
                f"{path}, line {rows.line_num or 1}: the file is damaged",
                expected="Delete it, then write it again with: dvc repro",
            ) from None
    return TextTable(dict(zip(names, columns, strict=True)), origins)


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
