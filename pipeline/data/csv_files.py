"""CSV files that people bring: their rows, or an error that names the line.

Other modules know what the columns mean.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.data.cells import is_number, quoted
from pipeline.data.decoding import utf8_lines
from pipeline.errors import DataError

Record = tuple[int, list[str]]  # the line on which it begins, its cells

_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


def records(
    path: Path,
    *,
    name: str,
    delimiter: str = ",",
    header: bool = True,
    columns: Sequence[str] = (),
    on_bad_row: Callable[[DataError], None] | None = None,
) -> Iterator[Record]:
    """Yields the header of a CSV file, then each row. There is at least one row.

    Args:
        name: the name of the file in errors.
        header: whether the first line names the columns.
        columns: the names of the columns without a header. The default is c1, c2, ….
        on_bad_row: receives the error of a row of another length. The row is then yielded without
            cells. By default the error is raised.

    Raises:
        DataError: the file is not UTF-8, is not CSV, has no rows, or its rows differ in length.
    """
    rows = _without_blank_lines(_parsed(path, name, delimiter), name)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{name} is empty", expected="Expected: a header and at least one row")
    line, cells = first
    _check_delimiter(cells, name, delimiter)
    if header:
        names = _header(cells, f"{name}, line {line}")
        yield line, names
    else:
        names = _names_from_settings(cells, columns, name)
        yield 0, names
        yield first
    count = 0 if header else 1
    for line, cells in rows:
        try:
            _check_width(cells, names, f"{name}, line {line}")
        except DataError as error:
            if on_bad_row is None:
                raise
            on_bad_row(error)
            cells = []
        yield line, cells
        count += 1
    if not count:
        raise DataError(
            f"{name} has a header and no rows",
            received="1 line",
            expected="Expected: at least one row",
        )


def _parsed(path: Path, name: str, delimiter: str) -> Iterator[Record]:
    with utf8_lines(path, name=name) as lines:
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
        while True:
            start = reader.line_num + 1
            try:
                yield start, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _explained(str(error), name, start, reader.line_num, delimiter) from None


def _explained(problem: str, name: str, start: int, line: int, delimiter: str) -> DataError:
    """Translates an error of Python's CSV reader. The row begins on line `start`."""
    if "unexpected end of data" in problem:
        return DataError(
            f"{name}, line {start}: a quote is opened and never closed",
            expected='Close it with a second ", and write "" for a quote inside a value',
        )
    if "field larger than field limit" in problem:
        return DataError(
            f"{name}, line {start}: a value is longer than {csv.field_size_limit():,} characters",
            expected="Look for a quote that is not closed, or shorten the value",
        )
    if "expected after" in problem:
        row = f" in the row that begins on line {start}" if start != line else ""
        return DataError(
            f"{name}, line {line}: text follows the closing quote of a value{row}",
            expected=f'End the value there with {delimiter!r}, or write "" for a quote inside it',
        )
    return DataError(f"{name}, line {line}: this is not CSV", received=problem)


def _without_blank_lines(rows: Iterator[Record], name: str) -> Iterator[Record]:
    """Drops blank lines at the end. A blank line before a row is an error."""
    blank = 0
    for line, cells in rows:
        if not cells:
            blank = blank or line
        elif blank:
            raise DataError(f"{name}, line {blank}: the line is blank", expected="Remove the line")
        else:
            yield line, cells


def _check_delimiter(cells: list[str], name: str, delimiter: str) -> None:
    if len(cells) > 1:
        return
    for other, description in _DELIMITERS.items():
        if other != delimiter and other in cells[0]:
            setting = f'delimiter: "{other}"'.replace("\t", r"\t")
            raise DataError(
                f"{name}, line 1: there is only one column, and its name contains {description}",
                received=quoted(cells[0]),
                expected=f"If it separates the columns, set {setting} in the source's settings",
            )


def _header(cells: list[str], place: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    if all(is_number(name) for name in names):
        raise DataError(
            f"{place}: the header holds only numbers",
            received=quoted(",".join(cells)),
            expected="If the file has no header, set header: false in the source's settings",
        )
    if "" in names:
        raise DataError(
            f"{place}: column {names.index('') + 1} has no name",
            expected="Name every column",
        )
    _check_unique(names, place)
    return names


def _names_from_settings(cells: list[str], columns: Sequence[str], name: str) -> list[str]:
    names = list(columns) or [f"c{number}" for number in range(1, len(cells) + 1)]
    _check_unique(names, f"{name}, columns in the source's settings")
    _check_width(cells, names, f"{name}, line 1")
    return names


def _check_unique(names: list[str], place: str) -> None:
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        positions = [str(number) for number, other in enumerate(names, start=1) if other == name]
        raise DataError(
            f"{place}: several columns have the name {name}",
            received=f"columns {', '.join(positions)}",
            expected="Give each column a different name",
        )


def _check_width(cells: list[str], names: list[str], place: str) -> None:
    if len(cells) < len(names):
        raise DataError(
            f"{place}: the row is too short",
            received=_counted(len(cells)),
            expected=f"Expected: {_counted(len(names))}; "
            f"{names[len(cells)]} is the first column without one",
        )
    if len(cells) > len(names):
        raise DataError(
            f"{place}: the row is too long",
            received=f"{_counted(len(cells))}, the first extra one {quoted(cells[len(names)])}",
            expected=f"Expected: {_counted(len(names))}; "
            "put a value in quotes if it contains the delimiter",
        )


def _counted(cells: int) -> str:
    return f"{cells} value{'' if cells == 1 else 's'}"
