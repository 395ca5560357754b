"""Parquet: numbers, texts, booleans and dates as text, with all their digits."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import compute, parquet, types

from pipeline.config.source import Source
from pipeline.data import headers, kinds
from pipeline.data.formats import Contents, SourceFile, _tables
from pipeline.data.headers import named
from pipeline.data.rectangle import Record, Rectangle
from pipeline.errors import DataError

SETTINGS = ("test_path",)

_ROWS = 10_000  # rows that are read at once
# What pandas calls an index without a name, when it saves one.
_INDEX = "__index_level_0__"


def check(source: Source) -> None:
    """Checks that a source is one file, or several with the same columns."""
    _tables.check_files(source)


def read(source: Source, files: list[SourceFile], folder: Path) -> Contents:
    """Writes `data.csv`, or `train.csv` and `test.csv`.

    Raises:
        DataError: a file is damaged, or a column holds tables or other values that are not cells.
    """
    return _tables.write(files, folder, lambda file: _table(file, source.columns))


def _table(file: SourceFile, columns: Sequence[str] | Mapping[str, str]) -> Rectangle:
    kinds.require_signature(file.path, b"PAR1", name=file.origin, file_format="Parquet")
    try:
        content = parquet.ParquetFile(file.path)
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(file, error) from None
    schema = content.schema_arrow
    _require_plain(schema, file.origin)
    notes = []
    names = list(schema.names)
    if _INDEX in names and types.is_integer(schema.field(_INDEX).type):
        names.remove(_INDEX)
        notes.append("left out: the index of pandas")
    if not content.metadata.num_rows or not names:
        raise DataError(f"{file.origin} has no rows", expected="Expected: at least one row")
    own = headers.renamed(names, columns, file.origin)
    return Rectangle(own, _rows(content, names, file), notes)


def _require_plain(schema: Any, name: str) -> None:
    others = [f"{field.name} ({field.type})" for field in schema if not _is_plain(field.type)]
    if others:
        raise DataError(
            f"{name} has columns that a table cannot hold",
            received=named(others),
            expected="Save the file again with plain numbers or texts in them, or without them, as "
            "pandas does by drop(columns=[…])",
        )


def _is_plain(kind: Any) -> bool:
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind):
        return _is_plain(kind.value_type) and not types.is_nested(kind.value_type)
    tests = (
        types.is_null,
        types.is_boolean,
        types.is_integer,
        types.is_floating,
        types.is_decimal,
        types.is_string,
        types.is_large_string,
        types.is_date,
        types.is_time,
        types.is_timestamp,
    )
    return any(test(kind) for test in tests)


def _rows(content: Any, names: list[str], file: SourceFile) -> Iterator[Record]:
    line = 0
    try:
        days = _days(content, names)
        for batch in content.iter_batches(batch_size=_ROWS, columns=names):
            cells = [_texts(batch.column(name), name in days) for name in names]
            for row in zip(*cells, strict=True):
                line += 1
                yield line, list(row)
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(file, error) from None


def _days(content: Any, names: list[str]) -> set[str]:
    """The columns of times that hold days: all times are midnight."""
    schema = content.schema_arrow
    moments = {
        name
        for name in names
        if types.is_timestamp(schema.field(name).type) and schema.field(name).type.tz is None
    }
    if not moments:
        return set()
    for batch in content.iter_batches(batch_size=_ROWS, columns=sorted(moments)):
        for name in sorted(moments):
            column = batch.column(name)
            midnight = compute.equal(column, compute.floor_temporal(column, unit="day"))
            if compute.all(midnight).as_py() is False:
                moments.discard(name)
    return moments


def _texts(column: Any, is_day: bool) -> list[str]:
    """The cells of a column. A missing value is an empty cell."""
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_floating(column.type):
        # A 32-bit float has fewer digits than the Python float of the same value.
        numbers = column.to_numpy(zero_copy_only=False)
        return ["" if np.isnan(number) else _tables.text(number) for number in numbers]
    values = column.to_pylist()
    if is_day:
        values = [None if value is None else value.date() for value in values]
    return [_tables.text(value) for value in values]


def _damaged(file: SourceFile, error: Exception) -> DataError:
    return DataError(f"{file.origin} is damaged", received=error, expected="Download it again")
