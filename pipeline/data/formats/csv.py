"""CSV: the rows of any CSV file, rewritten in UTF-8 with commas and a header."""

from pathlib import Path

from pipeline.config.source import Source
from pipeline.data import csv_files, tables
from pipeline.data.formats import Contents, SourceFile
from pipeline.errors import require


def check(source: Source) -> None:
    """Checks that a source is one file, and that its delimiter is one character."""
    require(
        len(source.delimiter) == 1,
        "source.delimiter",
        received=repr(source.delimiter),
        expected="one character",
    )
    require(
        source.file_count == 1,
        "source",
        received=f"{source.file_count} files",
        expected="one file, named by path or url",
    )


def read(source: Source, files: list[SourceFile], folder: Path) -> Contents:
    """Writes `data.csv`.

    Raises:
        DataError: the file is not CSV, or its rows differ in length.
    """
    (file,) = files
    records = csv_files.records(
        file.path,
        name=file.origin,
        delimiter=source.delimiter,
        header=source.header,
        columns=source.columns,
    )
    _, columns = next(records)
    rows = tables.write(folder / "data.csv", columns, (cells for _, cells in records))
    return Contents(columns, {"data.csv": rows})
