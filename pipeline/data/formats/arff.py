"""ARFF, the format of Weka and OpenML: names and kinds of columns, then rows with commas."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.source import Source
from pipeline.data import headers
from pipeline.data.cells import quoted
from pipeline.data.decoding import lines_of
from pipeline.data.formats import Contents, SourceFile, _tables
from pipeline.data.headers import counted
from pipeline.data.rectangle import Record, Rectangle
from pipeline.errors import DataError

SETTINGS = ("encoding", "test_path")

_TEXT = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_ATTRIBUTE = re.compile(rf"@attribute\s+({_TEXT}|[^\s{{]+)\s*(.+)", re.IGNORECASE)
_CELL = re.compile(rf"\s*({_TEXT}|[^,'\"]*?)\s*(,|$)")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class _Attribute:
    """A column, and its levels if it has a list of them."""

    name: str
    levels: frozenset[str] | None


def check(source: Source) -> None:
    """Checks that a source is one file, or several with the same columns."""
    _tables.check_files(source)


def read(source: Source, files: list[SourceFile], folder: Path) -> Contents:
    """Writes `data.csv`, or `train.csv` and `test.csv`.

    Raises:
        DataError: a line is not ARFF, or a value is not one of the levels of its column.
    """
    return _tables.write(files, folder, lambda file: _table(file, source))


def _table(file: SourceFile, source: Source) -> Rectangle:
    notes: list[str] = []
    with _opened(file, source.encoding, notes) as lines:
        attributes = _attributes(lines, file.origin)
        if next(lines, None) is None:
            raise DataError(f"{file.origin} has no rows", expected="Expected: rows after @data")
    names = headers.renamed(
        [attribute.name for attribute in attributes], source.columns, file.origin
    )
    return Rectangle(names, _rows(file, source.encoding, attributes), notes)


@contextmanager
def _opened(
    file: SourceFile, encoding: str | None, notes: list[str]
) -> Iterator[Iterator[tuple[int, str]]]:
    """The lines with their numbers, without comments and blank ones."""
    with lines_of(
        file.path, name=file.origin, encoding=encoding, file_format="ARFF", notes=notes
    ) as (
        lines,
        _,
    ):
        yield (
            (number, line.strip())
            for number, line in enumerate(lines, start=1)
            if line.strip() and not line.lstrip().startswith("%")
        )


def _attributes(lines: Iterator[tuple[int, str]], name: str) -> list[_Attribute]:
    """Reads the lines up to `@data`."""
    attributes: list[_Attribute] = []
    for number, line in lines:
        keyword = line.split()[0].lower()
        if keyword == "@data":
            if not attributes:
                break
            return attributes
        if match := _ATTRIBUTE.fullmatch(line):
            levels = match[2].strip()
            is_list = levels.startswith("{") and levels.endswith("}")
            cells = _cells(levels[1:-1], f"{name}, line {number}") if is_list else None
            attributes.append(
                _Attribute(_plain(match[1]), None if cells is None else frozenset(cells))
            )
        elif keyword != "@relation":
            raise DataError(
                f"{name}, line {number}: this is not a line of an ARFF header",
                received=quoted(line),
                expected="Expected: @relation, @attribute or @data",
            )
    raise DataError(f"{name} has no rows", expected="Expected: @attribute lines, then @data")


def _rows(file: SourceFile, encoding: str | None, attributes: list[_Attribute]) -> Iterator[Record]:
    with _opened(file, encoding, []) as lines:
        _attributes(lines, file.origin)
        for number, line in lines:
            place = f"{file.origin}, line {number}"
            if line.startswith("{"):
                raise DataError(
                    f"{place}: the row is sparse",
                    received=quoted(line),
                    expected="Save the file with dense rows, as Weka does by the filter "
                    "SparseToNonSparse",
                )
            cells = _cells(line, place)
            if len(cells) != len(attributes):
                raise DataError(
                    f"{place}: the row has a wrong number of values",
                    received=counted(len(cells), "value"),
                    expected=f"Expected: {counted(len(attributes), 'value')}",
                )
            for cell, attribute in zip(cells, attributes, strict=True):
                if attribute.levels is not None and cell and cell not in attribute.levels:
                    raise DataError(
                        f"{place}, column {attribute.name}: the value is not in the list",
                        received=quoted(cell),
                        expected=f"Expected: {', '.join(sorted(attribute.levels))}",
                    )
            yield number, cells


def _cells(line: str, place: str) -> list[str]:
    """The values of a line. A question mark without quotes is a missing value."""
    cells = []
    position = 0
    while True:
        match = _CELL.match(line, position)
        if match is None:
            raise DataError(
                f"{place}: the quotes do not match",
                received=quoted(line),
                expected=r"Write \' for a quote inside a value",
            )
        cells.append("" if match[1] == "?" else _plain(match[1]))
        if not match[2]:
            return cells
        position = match.end()


def _plain(text: str) -> str:
    """A name or value without its quotes."""
    if text[:1] in ("'", '"'):
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text
