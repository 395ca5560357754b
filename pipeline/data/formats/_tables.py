"""What formats of tables share: which file holds which rows, and how rows are written."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config.source import Source
from pipeline.data import tables
from pipeline.data.formats import Contents, Place, SourceFile
from pipeline.data.headers import counted, named
from pipeline.data.rectangle import Header, Record, Rectangle
from pipeline.errors import DataError, require

_MOST_PLACES = 1_000  # as of files with a line break in many values


class Number(str):
    """A number as it was written."""


def check_files(source: Source) -> None:
    """Checks that a source is one file, a pattern, or a file of training and one of test rows."""
    names = sorted(file.name.split(".")[0] for file in source.files)
    is_pair = names == ["test", "train"] and not source.alternatives
    require(
        source.path is not None or source.file_count == 1 or is_pair,
        "source",
        received=", ".join(file.name for file in source.files) or "no file",
        expected="one file, named by path or url. For training and test rows in two files, set "
        "path and test_path, or list train.csv and test.csv under files",
    )


def header_of(source: Source) -> Header:
    """The settings of the header, and of the rows that belong to the table."""
    return Header(source.header, source.columns, source.skip_footer)


def write(
    files: Sequence[SourceFile], folder: Path, read: Callable[[SourceFile], Rectangle]
) -> Contents:
    """Writes `data.csv`, or `train.csv` and `test.csv`. All files have the same columns.

    Args:
        read: opens the table of a file.

    Raises:
        DataError: a file is invalid, or two files have different columns.
    """
    opened = [(file, read(file)) for file in files]
    has_test = any(file.is_test for file in files)
    parts = {"train.csv": False, "test.csv": True} if has_test else {"data.csv": False}
    first, table = next((file, table) for file, table in opened if not file.is_test)
    for file, other in opened:
        _check_columns(file, other.columns, first, table.columns)
    rows = {}
    places: dict[str, list[Place]] = {}
    for name, is_test in parts.items():
        part = [
            (file.origin, _in_order(other, table.columns))
            for file, other in opened
            if file.is_test == is_test
        ]
        places[name] = []
        rows[name] = tables.write_texts(folder / name, table.columns, _placed(part, places[name]))
    notes = [
        f"{file.origin}: {note}" if len(files) > 1 else note
        for file, other in opened
        for note in other.notes
    ]
    return Contents(table.columns, rows, notes=notes, places=places)


def _placed(part: list[tuple[str, Iterator[Record]]], places: list[Place]) -> Iterator[list[str]]:
    """Yields the cells of files, and records in `places` where their rows come from."""
    row = 0
    is_recording = True
    for file, records in part:
        following = None
        for line, cells in records:
            if line != following and is_recording:
                places.append((row, file, line))
                if len(places) > _MOST_PLACES:
                    is_recording = False
                    places.clear()
            following = line + 1
            row += 1
            yield cells


def text(value: Any) -> str:
    """A value as the text of a cell: numbers with all digits, dates as ISO 8601, "" for None.

    A list is written as in JSON.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return str(value).removesuffix(".0")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_quoted, value))}]"
    return str(value)


def _quoted(value: Any) -> str:
    """An item of a list. A text is in quotes of the kind that it does not contain."""
    is_text = isinstance(value, str) and not isinstance(value, Number)
    if not is_text:
        return text(value)
    mark = "'" if '"' in value else '"'
    return f"{mark}{value}{mark}"


def _in_order(table: Rectangle, columns: list[str]) -> Iterator[Record]:
    """The rows of a table with the columns in another order."""
    if table.columns == columns:
        return table.rows
    order = [table.columns.index(name) for name in columns]
    return ((line, [cells[position] for position in order]) for line, cells in table.rows)


def _check_columns(
    file: SourceFile, columns: list[str], first: SourceFile, expected: list[str]
) -> None:
    missing = [name for name in expected if name not in columns]
    extra = [name for name in columns if name not in expected]
    if not missing and not extra:
        return
    if file.is_test and len(missing) == 1 and not extra:
        raise DataError(
            f"{file.origin} has no column {missing[0]}",
            received=f"the columns {named(columns)}",
            expected=f"If {missing[0]} is the target, this file holds no test rows. Remove "
            "test_path, train, and predict its rows with: python -m pipeline.predict <experiment> "
            f"{file.origin} --id-column <column> -o predictions.csv",
        )
    differences = [
        f"{counted(len(names), 'column')} {verb}: {named(names)}"
        for names, verb in ((missing, "missing"), (extra, "of its own"))
        if names
    ]
    raise DataError(
        f"{file.origin} has other columns than {first.origin}",
        received="; ".join(differences),
        expected="Give all files the same columns",
    )
