"""CSV: the rows of any CSV file, rewritten in UTF-8 with commas and a header."""

from pathlib import Path

from pipeline.config.source import Source
from pipeline.data import advice
from pipeline.data.csv_files import Layout
from pipeline.data.formats import Contents, SourceFile, _tables
from pipeline.data.rectangle import Rectangle

SETTINGS = (
    "header",
    "delimiter",
    "fixed_width",
    "encoding",
    "quoting",
    "skip_rows",
    "skip_footer",
    "comment",
    "decimal",
    "thousands",
    "test_path",
)


def check(source: Source) -> None:
    """Checks that a source is one file, or several with the same columns."""
    _tables.check_files(source)


def read(source: Source, files: list[SourceFile], folder: Path) -> Contents:
    """Writes `data.csv`, or `train.csv` and `test.csv`.

    Raises:
        DataError: a file is not CSV, or its rows differ in length.
    """
    return _tables.write(files, folder, lambda file: table_of(source, file))


def table_of(source: Source, file: SourceFile) -> Rectangle:
    """Opens a CSV file by the settings of its source; see `advice.read`."""
    layout = Layout(
        encoding=source.encoding,
        delimiter=source.delimiter,
        fixed_width=source.fixed_width,
        quoting=source.quoting,
        comment=source.comment,
        skip_rows=source.skip_rows,
        header=_tables.header_of(source),
    )
    return advice.read(file.path, name=file.origin, layout=layout)
