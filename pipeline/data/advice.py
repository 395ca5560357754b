"""Advice: the settings with which a CSV file that was refused can be read.

It finds all settings that a file needs, so one message can name them. It gives advice only if the
whole file can be read with it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.data import csv_files, headers
from pipeline.data.cells import is_number, quoted
from pipeline.data.csv_files import ALL_DELIMITERS, WHITESPACE, Layout
from pipeline.data.decoding import likely_encoding
from pipeline.data.headers import counted, named
from pipeline.data.rectangle import SEEN, Record, Rectangle
from pipeline.errors import DataError

_ROWS = 20_000  # rows that decide which settings suit
_MOST_LEFT_OUT = 50  # lines above the table, and rows below it
_MOSTLY = 0.9  # the share of cells without another delimiter, if the delimiter is right
# What to do if advice with this setting is wrong.
_OTHERWISE = {
    "header: false": "If row 1 holds names, set header: true",
    "quoting: false": "If quotes enclose values, fix the line instead",
    "quoting: single": "If single quotes have no meaning, fix the line instead",
}
_FEWEST_VALUES = 3  # of a row, so that another row can have far fewer
_SINGLE_QUOTE = re.compile(r"(?:^|[;\t| ])'[^']*'?(?:$|[;\t| ])", re.MULTILINE)
_BACKSLASH = re.compile(r'\\"')
_COMMENTS = ("#", "%", "!", "//")


def read(path: Path, *, name: str, layout: Layout) -> Rectangle:
    """Opens a CSV file. An error names all settings with which the file can be read.

    Args:
        name: the name of the file in errors.

    Raises:
        DataError: as `csv_files.read` does.
    """
    try:
        table = csv_files.read(path, name=name, layout=layout)
    except DataError as error:
        raise _advised(error, path, name, layout) from None

    def rows() -> Iterator[Record]:
        try:
            yield from table.rows
        except DataError as error:
            raise _advised(error, path, name, layout) from None

    return replace(table, rows=rows())


def _advised(error: DataError, path: Path, name: str, layout: Layout) -> DataError:
    try:
        if _is_of_fixed_width(path, name, layout):
            return _advised_width(error, path, name, layout)
        better = _better_layout(path, name, layout)
        settings = _differences(layout, better) if better is not None else {}
        if better is None or not settings:
            return error
        gives = _described(path, name, better)
    except DataError:
        return error
    advised = [f"{key}: {_text(value)}" for key, value in settings.items()]
    doubts = [sentence for setting, sentence in _OTHERWISE.items() if setting in advised]
    if csv_files.KEEP_COMMAS in error.expected:
        doubts.append(f"If that is wrong, {csv_files.KEEP_COMMAS}")
    return DataError(
        error.what,
        received=error.received,
        expected=". ".join([f"Set {named(advised)} in the source's settings", gives, *doubts]),
        advised=settings,
    )


def _is_of_fixed_width(path: Path, name: str, layout: Layout) -> bool:
    """Whether blanks separate columns by position, because some values are empty or have blanks."""
    if layout.delimiter not in (None, WHITESPACE) or layout.fixed_width:
        return False
    if layout.delimiter is None and not _has_uneven_blanks(path, name, layout):
        return False
    table = csv_files.read(path, name=name, layout=_of_fixed_width(layout))
    return len(table.columns) > 1 and all(cells for _, cells in table.rows)


def _has_uneven_blanks(path: Path, name: str, layout: Layout) -> bool:
    """Whether runs of blanks divide the first rows into different numbers of values."""
    plain = replace(layout, quoting=False)
    try:
        rows = list(islice(csv_files.parsed(path, name=name, layout=plain, notes=[]), SEEN))
    except DataError:
        return False
    signs = set(ALL_DELIMITERS)
    lines = [cells[0] for _, cells in rows if cells]
    has_gaps = all("  " in line.strip() for line in lines)
    is_uneven = len({len(line.split()) for line in lines}) > 1
    is_one_column = all(len(cells) < 2 and not signs & set("".join(cells)) for _, cells in rows)
    return has_gaps and is_uneven and is_one_column


def _of_fixed_width(layout: Layout) -> Layout:
    return replace(layout, delimiter=None, fixed_width=True)


def _advised_width(error: DataError, path: Path, name: str, layout: Layout) -> DataError:
    instead = "" if layout.delimiter is None else f" instead of delimiter: {WHITESPACE}"
    return DataError(
        error.what,
        received=error.received,
        expected=f"If each column has a fixed position, set fixed_width: true{instead} in the "
        f"source's settings. {_described(path, name, _of_fixed_width(layout))}",
        advised={} if instead else {"fixed_width": True},
    )


def _described(path: Path, name: str, layout: Layout) -> str:
    """What a layout gives, so that people see whether it is right. Reads the whole file."""
    table = csv_files.read(path, name=name, layout=layout)
    count, row_number, cells = 0, 1, [""]
    for count, (_, own) in enumerate(table.rows, start=1):
        # The first row with letters beyond ASCII shows whether the encoding is right.
        is_telling = "".join(cells).isascii() and not "".join(own).isascii()
        if count == 1 or (is_telling and layout.encoding is not None):
            row_number, cells = count, own
    return (
        f"That gives {counted(count, 'row')} of {counted(len(table.columns), 'column')}: "
        f"{named(table.columns)}; row {row_number} is {quoted(' | '.join(cells))}"
    )


@dataclass(frozen=True)
class _Candidate:
    """A layout that suits the rows of a file.

    Args:
        left_out: the number of rows above and below the table.
        plain: the share of cells that contain no other delimiter.
    """

    layout: Layout
    rows: list[Record]
    left_out: int
    plain: float

    def cost(self, changes: int) -> tuple[float, ...]:
        return (self.plain < _MOSTLY, self.left_out, changes, -len(self.rows[0][1]))


def _better_layout(path: Path, name: str, layout: Layout) -> Layout | None:
    encoding, comments = _encoding_and_comments(path, name, layout)
    layout = replace(layout, encoding=encoding)
    quotings = _quotings(path, name, layout)
    tried = [_candidate(path, name, one) for one in _variants(layout, comments, quotings)]
    candidates = [candidate for candidate in tried if candidate is not None]
    if not candidates:
        return None
    best = min(
        candidates,
        key=lambda candidate: candidate.cost(len(_differences(layout, candidate.layout))),
    )
    if not best.layout.quoting and _has_quoted_values(best.rows):
        return None  # for example, each whole row is in quotes
    if layout.header.is_present is None and _looks_like_data(best.rows):
        return replace(best.layout, header=replace(best.layout.header, is_present=False))
    return best.layout


def _has_quoted_values(rows: list[Record]) -> bool:
    """Whether values are in quotes, although quoting is off."""
    cells = [cell for _, row in rows for cell in row if cell]
    quoted_ones = sum(len(cell) > 2 and cell[0] == cell[-1] == '"' for cell in cells)
    return quoted_ones > (1 - _MOSTLY) * len(cells)


def _encoding_and_comments(
    path: Path, name: str, layout: Layout
) -> tuple[str | None, list[str | None]]:
    """The encoding of a file, and the texts that may begin a comment."""
    plain = replace(layout, quoting=False, delimiter=";", comment=None, fixed_width=False)
    starts: list[str] = []
    encoding = layout.encoding
    try:
        for _, cells in csv_files.parsed(path, name=name, layout=plain, notes=[]):
            starts += [text for text in _COMMENTS if cells and cells[0].startswith(text)]
    except DataError:
        encoding = encoding or likely_encoding(path, name=name)
    if layout.comment is not None:
        return encoding, [layout.comment]
    return encoding, [None, *sorted(set(starts))]


def _quotings(path: Path, name: str, layout: Layout) -> list[bool | str]:
    """The ways of quoting that the first rows show."""
    if layout.quoting is not True:
        return [layout.quoting]
    plain = replace(layout, quoting=False, delimiter=None, fixed_width=False)
    rows = islice(csv_files.parsed(path, name=name, layout=plain, notes=[]), SEEN)
    lines = ["\n".join(cells) for _, cells in rows]
    signs = {"single": _SINGLE_QUOTE, "backslash": _BACKSLASH}
    styles = [quoting for quoting, sign in signs.items() if any(map(sign.search, lines))]
    return [True, False, *styles]


def _variants(
    layout: Layout, comments: list[str | None], quotings: list[bool | str]
) -> Iterator[Layout]:
    """The layouts to try. They keep what the user has set."""
    is_settled = layout.delimiter or layout.fixed_width
    delimiters = [layout.delimiter] if is_settled else [None, *ALL_DELIMITERS, WHITESPACE]
    for comment in comments:
        for quoting in quotings:
            for delimiter in delimiters:
                yield replace(layout, comment=comment, quoting=quoting, delimiter=delimiter)


def _candidate(path: Path, name: str, layout: Layout) -> _Candidate | None:
    """The layout with the rows to leave out above and below the table. None if it does not suit."""
    parsed = csv_files.parsed(path, name=name, layout=layout, notes=[])
    try:
        rows = [record for record in islice(parsed, _ROWS) if any(map(str.strip, record[1]))]
    except DataError:
        return None
    counts = Counter(len(cells) for _, cells in rows if len(cells) > 1)
    if not counts:
        return None
    width = max(counts, key=lambda width: (counts[width], width))
    suits = [_suits(cells, width) for _, cells in rows]
    below = suits[::-1].index(True)
    bad = [number for number, fits in enumerate(suits[: len(rows) - below]) if not fits]
    above = bad[-1] + 1 if bad else 0
    # A few wrong rows within the table are not titles.
    if 2 * len(bad) < above or above + below > min(_MOST_LEFT_OUT, len(rows) // 2):
        return None
    if not all(_is_note(cells, width) for _, cells in rows[len(rows) - below :]):
        return None
    above += _titles(rows[above : len(rows) - below])
    body = rows[above : len(rows) - below]
    if len(body) < 2 or (above and _lacks_header(rows[above - 1][1], body, layout)):
        return None
    others = set(";\t|") - {layout.delimiter}
    others |= {","} if layout.delimiter == WHITESPACE else set()
    others |= set() if layout.quoting else {'"'}
    cells = [cell for _, row in body for cell in row]
    plain = sum(not others & set(cell) for cell in cells) / len(cells)
    header = replace(layout.header, skip_footer=max(below, layout.header.skip_footer))
    skipped = body[0][0] - 1 if above else layout.skip_rows
    layout = replace(layout, skip_rows=skipped, header=header)
    return _Candidate(layout, body, above + below, plain)


def _is_note(cells: list[str], width: int) -> bool:
    """Whether a row of another width is a note or a sum, rather than a row that lacks values."""
    values = [cell for cell in cells if cell.strip()]
    return not is_number(values[0]) and (2 * len(values) <= width or ":" in values[0])


def _lacks_header(skipped: list[str], body: list[Record], layout: Layout) -> bool:
    """Whether leaving out the rows above the table would leave out its header."""
    is_title = 2 * sum(1 for cell in skipped if cell.strip()) < len(body[0][1])
    return layout.header.is_present is None and not is_title and _looks_like_data(body)


def _looks_like_data(rows: list[Record]) -> bool:
    try:
        headers.check_data([cells for _, cells in rows[: SEEN + 1]], "")
    except DataError:
        return True
    return False


def _suits(cells: list[str], width: int) -> bool:
    return len(cells) == width or (len(cells) > width and not any(cells[width:]))


def _titles(rows: list[Record]) -> int:
    """The number of rows at the start with few values, although they have all delimiters."""
    filled = [sum(1 for cell in cells if cell.strip()) for _, cells in rows]
    usual = median(filled)
    few = takewhile(lambda count: 2 * count < usual, filled[:-2])
    return sum(1 for _ in few) if usual >= _FEWEST_VALUES else 0


def _differences(before: Layout, after: Layout) -> dict[str, Any]:
    """The settings of the source that differ, with their values after."""
    old, new = _settings(before), _settings(after)
    return {key: value for key, value in new.items() if value not in (old[key], None)}


def _settings(layout: Layout) -> dict[str, Any]:
    return {
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "quoting": layout.quoting,
        "comment": layout.comment,
        "skip_rows": layout.skip_rows,
        "skip_footer": layout.header.skip_footer,
        "header": layout.header.is_present,
    }


def _text(value: Any) -> str:
    """A value as it is written in YAML. Signs are quoted, words are not."""
    is_word = isinstance(value, str) and value[0].isalnum()
    return value if is_word else json.dumps(value)
