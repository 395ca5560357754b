"""CSV files that people bring: their rows, or an error that names the line.

`pipeline.data.rectangle` makes a table of the rows. Other modules know what the columns mean.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from pipeline.data.cells import quoted
from pipeline.data.decoding import lines_of
from pipeline.data.fixed_width import rows_of
from pipeline.data.headers import counted
from pipeline.data.rectangle import Header, Record, Rectangle, rectangle
from pipeline.errors import DataError, require

WHITESPACE = "whitespace"
QUOTING = ("single", "backslash")
DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}

KEEP_COMMAS = 'set delimiter: ","'  # the advice if the file is right as it was read
_UNAMBIGUOUS = frozenset(DELIMITERS) - {","}  # a comma may be part of a name or of a number
# The rarer ones separate columns only if every row has them.
ALL_DELIMITERS = DELIMITERS | {":": "a colon", "^": "a caret", "~": "a tilde"}
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_BLANKS = re.compile(r'"[^"]*"|\s+')
_COLUMNS = re.compile(r" {2,}")  # between columns of fixed width
_SEEN = 100  # rows that decide whether a delimiter is the right one


@dataclass(frozen=True)
class Layout:
    """How the text of a CSV file is to be read.

    Args:
        encoding: None for UTF-8, or for what a byte-order mark says.
        delimiter: one character, or `whitespace`. None for what the first line says, as in
            `sep=;`, otherwise for a tab in a `.tsv` file and a comma in others.
        quoting: whether a value may stand in double quotes, or one of `QUOTING`.
        comment: lines that begin with this text are left out.
        skip_rows: the number of lines above the table.
        header: the settings of the header and of the rows.
        fixed_width: the widths of the columns, or true to find them; false for a delimiter.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quoting: bool | str = True
    comment: str | None = None
    skip_rows: int = 0
    header: Header = field(default_factory=Header)
    fixed_width: bool | Sequence[int] = False


def require_delimiter(key: str, delimiter: str | None) -> None:
    """Raises `ConfigError` for the setting `key` unless it can separate values."""
    is_one = delimiter is not None and len(delimiter) == 1 and delimiter not in '"\r\n'
    require(
        delimiter in (None, WHITESPACE) or is_one,
        key,
        received=repr(delimiter),
        expected=f"one character, or {WHITESPACE} for runs of blanks and tabs",
    )


def require_quoting(key: str, quoting: object) -> None:
    """Raises `ConfigError` for the setting `key` unless it says how values are quoted."""
    require(
        isinstance(quoting, bool) or quoting in QUOTING,
        key,
        received=quoting,
        expected=f"true, false, {' or '.join(QUOTING)}",
    )


def read(
    path: Path,
    *,
    name: str,
    layout: Layout | None = None,
    on_bad_row: Callable[[DataError], None] | None = None,
) -> Rectangle:
    """Opens a CSV file. There is at least one row.

    Args:
        name: the name of the file in errors.
        on_bad_row: receives the error of a row of another length. The row is then yielded without
            cells. By default the error is raised.

    Raises:
        DataError: the file is not text, is not CSV, or has no rows. Iterating over the rows raises
            it as well.
    """
    chosen = layout or Layout()

    def rows(notes: list[str]) -> Iterator[Record]:
        return parsed(path, name=name, layout=chosen, notes=notes)

    def check(first: list[Record]) -> None:
        if chosen.delimiter is None and not chosen.fixed_width:
            _check_delimiter(first, name)

    return rectangle(rows, name=name, header=chosen.header, check=check, on_bad_row=on_bad_row)


def records(path: Path, *, name: str) -> Iterator[Record]:
    """Yields the header of a CSV file that this package wrote, then each row."""
    layout = Layout(delimiter=",", header=Header(is_present=True))
    table = read(path, name=name, layout=layout)
    yield 1, table.columns
    yield from table.rows


def parsed(path: Path, *, name: str, layout: Layout, notes: list[str]) -> Iterator[Record]:
    """Yields each row with the line on which it begins; a blank line is a row without cells.

    Args:
        notes: receives what was done without a setting.

    Raises:
        DataError: the file is not text or not CSV.
    """
    with lines_of(path, name=name, encoding=layout.encoding, file_format="CSV", notes=notes) as (
        text,
        inner,
    ):
        lines = _Lines(text, layout.comment)
        if layout.fixed_width:
            lines.skip(layout.skip_rows)
            yield from rows_of(lines.numbered(), layout.fixed_width, name=name)
        else:
            yield from _separated(lines, inner, name, layout, notes)
        if lines.comments:
            notes.append(f"comments were left out: {counted(lines.comments, 'line')}")


def _separated(
    lines: "_Lines", inner: str, name: str, layout: Layout, notes: list[str]
) -> Iterator[Record]:
    """Yields the rows of lines. A delimiter separates their values.

    Args:
        inner: the name of the file without the ending of a compression.
    """
    separator = lines.take_separator() if not layout.skip_rows else None
    if separator is not None:
        notes.append(f"the first line, sep={separator}, was left out")
    usual = separator or ("\t" if inner.endswith((".tsv", ".tab")) else ",")
    if layout.delimiter is None and usual != ",":
        notes.append(f"the delimiter is {DELIMITERS.get(usual, repr(usual))}")
    delimiter = layout.delimiter or usual
    lines.skip(layout.skip_rows)
    is_blank = delimiter in (WHITESPACE, " ")
    reader = csv.reader(
        map(_single_blanks, lines) if is_blank else lines,
        delimiter=" " if is_blank else delimiter,
        quoting=csv.QUOTE_MINIMAL if layout.quoting else csv.QUOTE_NONE,
        quotechar="'" if layout.quoting == "single" else '"',
        escapechar="\\" if layout.quoting == "backslash" else None,
        skipinitialspace=True,
        strict=True,
    )
    while True:
        lines.within_row = False
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise _explained(str(error), name, lines, delimiter) from None
        yield lines.start, cells


class _Lines:
    """The lines of a file for Python's CSV reader. Counts them and leaves out comments.

    A line within a quoted value is never a comment.
    """

    def __init__(self, lines: Iterator[str], comment: str | None) -> None:
        self.lines = lines
        self.comment = comment
        self.number = 0  # of the last line
        self.start = 0  # of the line on which the row begins
        self.comments = 0
        self.within_row = False

    def take_separator(self) -> str | None:
        """Removes a first line such as `sep=;`, and returns its delimiter. None without one."""
        first = next(self.lines, None)
        if first is not None and (match := _SEPARATOR_LINE.fullmatch(first)):
            self.number = 1
            return match[1]
        self.lines = chain([] if first is None else [first], self.lines)
        return None

    def skip(self, count: int) -> None:
        self.number += sum(1 for _ in islice(self.lines, count))

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Each line with its number. No value continues on the next line."""
        for line in self:
            self.within_row = False
            yield self.start, line

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.number += 1
            if not self.within_row:
                if self.comment is not None and line.startswith(self.comment):
                    self.comments += 1
                    continue
                self.start = self.number
                self.within_row = True
            yield line


def _single_blanks(line: str) -> str:
    """Replaces each run of blanks and tabs between values by one blank."""
    if '"' not in line:
        return " ".join(line.split()) + "\n"
    return _BLANKS.sub(lambda match: match[0] if match[0][0] == '"' else " ", line.strip()) + "\n"


def _explained(problem: str, name: str, lines: _Lines, delimiter: str) -> DataError:
    """Translates an error of Python's CSV reader."""
    start, line = lines.start, lines.number
    no_quotes = "If quotes have no meaning in this file, set quoting: false"
    if "unexpected end of data" in problem:
        return DataError(
            f"{name}, line {start}: a quote is opened and never closed",
            expected='Close it with a second ", and write "" for a quote inside a value. '
            f"{no_quotes}",
        )
    if "field larger than field limit" in problem:
        return DataError(
            f"{name}, line {start}: a value is longer than {csv.field_size_limit():,} characters",
            expected=f"Look for a quote that is not closed, or shorten the value. {no_quotes}",
        )
    if "expected after" in problem:
        row = f" in the row that begins on line {start}" if start != line else ""
        return DataError(
            f"{name}, line {line}: text follows the closing quote of a value{row}",
            expected=f'End the value there with {delimiter!r}, or write "" for a quote inside it. '
            f"{no_quotes}",
        )
    return DataError(f"{name}, line {line}: this is not CSV", received=problem)


def _check_delimiter(first: list[Record], name: str) -> None:
    """Refuses rows that another delimiter separates as well.

    Args:
        first: the first rows of the file.
    """
    rows = [cells for _, cells in first[:_SEEN]]
    place = f"{name}, line {first[0][0]}"
    single_column = all(len(cells) == 1 for cells in rows)
    fault = "there is only one column, and it contains" if single_column else "each row contains"
    for delimiter, description in ALL_DELIMITERS.items():
        counts = {sum(cell.count(delimiter) for cell in cells) for cells in rows}
        in_all = len(counts) == 1 and 0 not in counts
        in_name = single_column and delimiter in rows[0][0] and delimiter in _UNAMBIGUOUS
        if (in_all and single_column) or (in_all and delimiter in _UNAMBIGUOUS) or in_name:
            setting = f'delimiter: "{delimiter}"'.replace("\t", r"\t")
            raise DataError(
                f"{place}: {fault} {description}",
                received=quoted(",".join(rows[0])),
                expected=f"If it separates the columns, set {setting} in the source's settings; "
                f"otherwise {KEEP_COMMAS}",
            )
    widths = {len(cell.split()) for cells in rows for cell in cells}
    if single_column and len(widths) == 1 and max(widths) > 1:
        raise DataError(
            f"{place}: there is only one column, and blanks separate its values",
            received=quoted(rows[0][0]),
            expected="If they separate the columns, set delimiter: whitespace in the source's "
            f"settings; otherwise {KEEP_COMMAS}",
        )
    if single_column and all(len(_COLUMNS.split(cell.strip())) > 1 for (cell,) in rows):
        raise DataError(
            f"{place}: there is only one column, and several blanks separate its values",
            received=quoted(rows[0][0]),
            expected="If each column has a fixed position, set fixed_width: true in the source's "
            f"settings; otherwise {KEEP_COMMAS}",
        )
