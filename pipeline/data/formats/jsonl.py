"""JSON Lines: each line is an object. A key that an object lacks is a missing value."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.config.source import Source
from pipeline.data import headers, kinds
from pipeline.data.cells import quoted
from pipeline.data.decoding import lines_of
from pipeline.data.formats import Contents, SourceFile, _tables
from pipeline.data.headers import named
from pipeline.data.rectangle import Rectangle
from pipeline.errors import DataError

SETTINGS = ("encoding", "decimal", "thousands", "test_path")


def check(source: Source) -> None:
    """Checks that a source is one file, or several with the same columns."""
    _tables.check_files(source)


def read(source: Source, files: list[SourceFile], folder: Path) -> Contents:
    """Writes `data.csv`, or `train.csv` and `test.csv`.

    Raises:
        DataError: a line is not an object, or a value is an object or a list of objects or lists.
    """
    return _tables.write(files, folder, lambda file: _table(file, source))


def _table(file: SourceFile, source: Source) -> Rectangle:
    notes: list[str] = []
    keys: dict[str, int] = {}
    nested: dict[str, int] = {}
    rows = 0
    for line, values in _objects(file, source.encoding, notes):
        rows += 1
        for key, value in values.items():
            keys[key] = keys.get(key, 0) + 1
            if isinstance(value, dict) or _is_deep(value):
                nested.setdefault(key, line)
    if nested:
        raise DataError(
            f"{file.origin} has objects or lists of objects as values",
            received=named([f"{key} (line {line})" for key, line in nested.items()]),
            expected="Write plain values, as pandas.json_normalize does",
        )
    if not keys:
        raise DataError(f"{file.origin} is empty", expected="Expected: one object a line")
    rare = [key for key, count in keys.items() if count < rows]
    if rare:
        notes.append(f"some objects lack these keys, and the cells are empty: {named(rare)}")
    records = (
        (line, [_tables.text(values.get(key)) for key in keys])
        for line, values in _objects(file, source.encoding, [])
    )
    return Rectangle(headers.renamed(list(keys), source.columns, file.origin), records, notes)


def _objects(
    file: SourceFile, encoding: str | None, notes: list[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    with lines_of(
        file.path, name=file.origin, encoding=encoding, file_format=kinds.JSON, notes=notes
    ) as (lines, _):
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, _object(line, f"{file.origin}, line {number}")


def _object(line: str, place: str) -> dict[str, Any]:
    try:
        # Numbers stay as they are written, so that they keep all their digits.
        values = json.loads(
            line, parse_float=_tables.Number, parse_int=_tables.Number, object_pairs_hook=_pairs
        )
    except ValueError as error:
        raise DataError(
            f"{place}: this is not JSON",
            received=quoted(line.strip()),
            expected=f"Write one object a line ({error})",
        ) from None
    if not isinstance(values, dict):
        raise DataError(
            f"{place}: this is not an object",
            received=quoted(line.strip()),
            expected='Write one object a line, such as {"rooms": 3}',
        )
    return values


def _is_deep(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict | list) for one in value)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key occurs twice")
    return values
