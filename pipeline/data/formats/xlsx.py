"""Excel: one sheet of a spreadsheet, read with openpyxl.

A cell is what Excel computed when it saved the file. The whole sheet is in memory.
"""

import zipfile
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any

from pipeline.config.source import Source
from pipeline.data import kinds
from pipeline.data.formats import Contents, SourceFile, _tables
from pipeline.data.headers import counted, named
from pipeline.data.rectangle import Record, Rectangle, rectangle
from pipeline.errors import DataError, suggestion

SETTINGS = ("header", "skip_rows", "skip_footer", "sheet", "decimal", "thousands", "test_path")


def check(source: Source) -> None:
    """Checks that a source is one file, or several with the same columns."""
    _tables.check_files(source)


def read(source: Source, files: list[SourceFile], folder: Path) -> Contents:
    """Writes `data.csv`, or `train.csv` and `test.csv`.

    Raises:
        DataError: a file is damaged, there is no sheet of this name, or it holds no table.
    """
    return _tables.write(files, folder, lambda file: _table(file, source))


def _table(file: SourceFile, source: Source) -> Rectangle:
    kinds.require_signature(file.path, b"PK", name=file.origin, file_format="a spreadsheet (.xlsx)")
    sheet, rows = _sheet(file, source.sheet)
    below = [record for record in rows if record[0] > source.skip_rows]
    return rectangle(
        lambda _: iter(below),
        name=f"{file.origin}, sheet {sheet}",
        header=_tables.header_of(source),
        unit="row",
    )


def _sheet(file: SourceFile, name: str | None) -> tuple[str, list[Record]]:
    """The name of the sheet, and its rows as text. All have the same width."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(file.path, read_only=True, data_only=True)
        sheets = {sheet.title: sheet for sheet in book.worksheets if sheet.sheet_state == "visible"}
        if name is not None and name not in sheets:
            raise DataError(
                f"{file.origin} has no sheet of this name",
                received=name,
                expected=suggestion(name, sheets),
            )
        chosen = sheets if name is None else {name: sheets[name]}
        contents = {title: list(_rows(sheet)) for title, sheet in chosen.items()}
        book.close()
        filled = {title: rows for title, rows in contents.items() if rows}
        if len(filled) > 1:
            raise DataError(
                f"{file.origin} has {len(filled)} sheets",
                received=named(list(filled)),
                expected="Set sheet in the source's settings to the name of one of them",
            )
        if not filled:
            raise DataError(f"{file.origin} is empty", expected="Expected: a sheet with rows")
        ((title, rows),) = filled.items()
        _require_computed(file, title, rows)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
        raise DataError(
            f"{file.origin} is damaged", received=error, expected="Save it again as .xlsx"
        ) from None
    width = max(len(values) for _, values in rows)
    moments = {
        position
        for _, values in rows
        for position, value in enumerate(values)
        if isinstance(value, datetime) and value.time() != time.min
    }
    return title, [
        (number, [*(_text(value, p in moments) for p, value in enumerate(values)), *blanks])
        for number, values in rows
        for blanks in [[""] * (width - len(values))]
    ]


def _rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """The rows with a value, each without the empty cells at its end."""
    sheet.reset_dimensions()  # some programs write a wrong size
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        filled = list(values)
        while filled and filled[-1] in (None, ""):
            filled.pop()
        if filled:
            yield number, filled


def _text(value: Any, has_times: bool) -> str:
    """A value as text. A column in which all times are midnight holds days."""
    if isinstance(value, datetime) and not has_times:
        value = value.date()
    return _tables.text(value)


def _require_computed(file: SourceFile, sheet: str, rows: list[tuple[int, list[Any]]]) -> None:
    """Refuses formulas that no spreadsheet program has computed yet: they have no value."""
    import openpyxl

    computed = dict(rows)
    book = openpyxl.load_workbook(file.path, read_only=True)
    book[sheet].reset_dimensions()
    missing = [
        cell.coordinate
        for number, row in enumerate(book[sheet].iter_rows(), start=1)
        for column, cell in enumerate(row)
        if cell.data_type == "f" and computed.get(number, [])[column : column + 1] in ([], [None])
    ]
    book.close()
    if missing:
        raise DataError(
            f"{file.origin}, sheet {sheet}: {counted(len(missing), 'formula')} without a value",
            received=named(missing),
            expected="Open the file in Excel or LibreOffice and save it",
        )
