"""CSV files as rows of text: every fault of their structure is told with its line, before any value is looked at.

`normalise` turns a file of anyone's into the one dialect that `data/raw` holds (UTF-8, commas, a header);
`read` takes such a file in. Neither knows what the columns mean.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.data.decoding import utf8_lines
from pipeline.errors import DataError
from pipeline.files import replacing

_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)


@dataclass(frozen=True)
class Text:
    """Rows of CSV files as text: one value of each of `columns` for every row, and the file and line it begins on."""

    columns: dict[str, list[str]]
    origins: list[tuple[Path, int]]

    def __len__(self) -> int:
        return len(self.origins)

    def place(self, column: str, row: int) -> str:
        """Where a value stands, as errors name it."""
        path, line = self.origins[row]
        return f"{path}, line {line}, column {column}"

    def first(self, rows: int | None) -> "Text":
        return Text(
            {name: values[:rows] for name, values in self.columns.items()}, self.origins[:rows]
        )

    def followed_by(self, other: "Text") -> "Text":
        """These rows, then those of `other`, which has the same columns."""
        columns = {name: values + other.columns[name] for name, values in self.columns.items()}
        return Text(columns, self.origins + other.origins)

    def write(self, path: Path, rows: Sequence[int]) -> None:
        """Writes some of the rows as CSV."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.columns)
            writer.writerows([values[row] for values in self.columns.values()] for row in rows)


def normalise(
    source: Path,
    target: Path,
    *,
    shown_as: str,
    delimiter: str = ",",
    header: bool = True,
    columns: Sequence[str] = (),
) -> tuple[list[str], int]:
    """Writes the rows of `source` to `target` as UTF-8 with commas and a header; returns its columns and row count.

    Args:
        shown_as: the name that errors give to `source`.
        header: whether the first line names the columns; else `columns` does, or they are called c1, c2, ….

    Raises:
        DataError: the file is not a CSV, or not one table; `target` is then as it was.
    """
    records = rows_of(
        source, shown_as=shown_as, delimiter=delimiter, header=header, columns=columns
    )
    count = 0
    with replacing(target) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        _, names = next(records)
        writer.writerow(names)
        for _, cells in records:
            writer.writerow(cells)
            count += 1
    return names, count


def read(path: Path) -> Text:
    """Reads a CSV of `data/raw`, whose values stay the text that they are.

    Raises:
        DataError: the file is not one table.
    """
    records = rows_of(path, shown_as=str(path))
    _, names = next(records)
    origins: list[tuple[Path, int]] = []
    values: list[list[str]] = [[] for _ in names]
    for line, cells in records:
        origins.append((path, line))
        for column, cell in zip(values, cells, strict=True):
            column.append(cell)
    return Text(dict(zip(names, values, strict=True)), origins)


def rows_of(
    path: Path,
    *,
    shown_as: str,
    delimiter: str = ",",
    header: bool = True,
    columns: Sequence[str] = (),
) -> Iterator[tuple[int, list[str]]]:
    """Yields the line and the cells of the header, then of each row; there is at least one row, all of one width.

    Raises:
        DataError: on the first fault, naming its line.
    """
    records = _without_blank_lines(_records(path, shown_as, delimiter), shown_as)
    first = next(records, None)
    if first is None:
        raise DataError(f"{shown_as} is empty", expected="Expected: a header and at least one row")
    _check_delimiter(first[1], shown_as, delimiter)
    names = _header(first[1], shown_as, first[0]) if header else _names(first[1], columns, shown_as)
    yield (first[0] if header else 0), names
    count = 0
    if not header:
        yield first
        count = 1
    for line, cells in records:
        _check_width(cells, names, f"{shown_as}, line {line}")
        yield line, cells
        count += 1
    if not count:
        raise DataError(
            f"{shown_as} has a header and no rows",
            received="1 line",
            expected="Expected: at least one row",
        )


def is_number(text: str) -> bool:
    """Whether text is one number with a decimal point; infinities and missing values are none."""
    return _NUMBER.fullmatch(text) is not None


def shown(value: str) -> str:
    """A value of a file as errors quote it: in quotes, and not longer than a line can bear."""
    return repr(value if len(value) <= 60 else f"{value[:57]}…")


def _records(path: Path, shown_as: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    with utf8_lines(path, shown_as=shown_as) as lines:
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
        while True:
            begins = reader.line_num + 1
            try:
                yield begins, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _explained(str(error), shown_as, begins, reader.line_num, delimiter) from None


def _explained(problem: str, shown_as: str, begins: int, line: int, delimiter: str) -> DataError:
    if "unexpected end of data" in problem:
        return DataError(
            f"{shown_as}, line {begins}: a quote is opened and never closed",
            expected='Expected: a second " at the end of the value, or "" for a quote inside it',
        )
    if "field larger than field limit" in problem:
        return DataError(
            f"{shown_as}, line {begins}: a value is longer than {csv.field_size_limit():,} characters",
            expected="Expected: shorter values; a quote that is not closed also reads so",
        )
    if "expected after" in problem:
        since = f" that was opened in the row of line {begins}" if begins != line else ""
        return DataError(
            f"{shown_as}, line {line}: text follows the closing quote of a value{since}",
            expected=f'Expected: {delimiter!r} or the end of the line after the quote, and "" for a quote inside a value',
        )
    return DataError(f"{shown_as}, line {line}: this is not CSV", received=problem)


def _without_blank_lines(
    records: Iterator[tuple[int, list[str]]], shown_as: str
) -> Iterator[tuple[int, list[str]]]:
    """Blank lines at the end are nothing; one before a row is a fault."""
    blank = 0
    for line, cells in records:
        if not cells:
            blank = blank or line
        elif blank:
            raise DataError(
                f"{shown_as}, line {blank}: the line is blank",
                expected="Expected: blank lines at the end alone",
            )
        else:
            yield line, cells


def _check_delimiter(cells: list[str], shown_as: str, delimiter: str) -> None:
    if len(cells) > 1:
        return
    for other, name in _DELIMITERS.items():
        if other != delimiter and other in cells[0]:
            raise DataError(
                f"{shown_as}, line 1: there is one column, and {name} in it",
                received=shown(cells[0]),
                expected=f'If it parts the columns, set delimiter: "{other}"'.replace("\t", r"\t"),
            )


def _header(cells: list[str], shown_as: str, line: int) -> list[str]:
    names = [cell.strip() for cell in cells]
    place = f"{shown_as}, line {line}"
    if all(is_number(name) for name in names):
        received = shown(",".join(cells))
        raise DataError(
            f"{place}: the header holds numbers alone",
            received=received,
            expected="Without one, set header: false",
        )
    if "" in names:
        raise DataError(
            f"{place}: column {names.index('') + 1} has no name",
            expected="Expected: a name for each column",
        )
    _check_unique(names, place)
    return names


def _names(cells: list[str], columns: Sequence[str], shown_as: str) -> list[str]:
    names = list(columns) or [f"c{number}" for number in range(1, len(cells) + 1)]
    _check_unique(names, f"{shown_as}, columns given for it")
    _check_width(cells, names, f"{shown_as}, line 1")
    return names


def _check_unique(names: list[str], place: str) -> None:
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        positions = ", ".join(
            str(index) for index, other in enumerate(names, start=1) if other == name
        )
        raise DataError(
            f"{place}: the column name {name} is repeated",
            received=f"columns {positions}",
            expected="Expected: a name of its own for each column",
        )


def _check_width(cells: list[str], names: list[str], place: str) -> None:
    if len(cells) < len(names):
        raise DataError(
            f"{place}: the row is short",
            received=_counted(len(cells)),
            expected=f"Expected: {_counted(len(names))}; {names[len(cells)]} is the first column without one",
        )
    if len(cells) > len(names):
        raise DataError(
            f"{place}: the row is long",
            received=f"{_counted(len(cells))}, the first too many {shown(cells[len(names)])}",
            expected=f"Expected: {_counted(len(names))}; put a value that holds the delimiter in quotes",
        )


def _counted(cells: int) -> str:
    return f"{cells} value{'' if cells == 1 else 's'}"
