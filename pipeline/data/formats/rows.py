"""Rows: a small table of numbers, written in the source's YAML file."""

from pathlib import Path
from typing import Any

from pipeline.config.source import Source
from pipeline.data import tables
from pipeline.data.formats import Contents, SourceFile
from pipeline.errors import require


def check(source: Source) -> None:
    """Checks that every row has one number for each column."""
    width = len(source.columns)
    require(
        bool(source.rows) and all(_is_row(row, width) for row in source.rows),
        "source.rows",
        received=source.rows,
        expected=f"rows of {width} numbers, one for each column",
    )
    require(
        source.file_count == 0,
        "source.format",
        received="rows and a file",
        expected="no path, url or files, because the rows are in the YAML file",
    )


def read(source: Source, _files: list[SourceFile], folder: Path) -> Contents:
    """Writes `data.csv`."""
    rows = tables.write(folder / "data.csv", source.columns, source.rows)
    origin = f"conf/source/{source.name}.yaml"
    return Contents(source.columns, {"data.csv": rows}, origin)


def _is_row(row: Any, width: int) -> bool:
    return (
        isinstance(row, list)
        and len(row) == width
        and all(type(value) in (int, float) for value in row)
    )
