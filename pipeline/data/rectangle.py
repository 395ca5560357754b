"""Makes a table of rows as files hold them: a header, and rows of its width.

It leaves out lines that are certainly not rows, and notes that. The rows come from a CSV file or
a sheet.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from pipeline.data import headers
from pipeline.data.cells import quoted
from pipeline.data.headers import counted, named
from pipeline.errors import DataError

Record = tuple[int, list[str]]  # the line on which it begins, its cells
Rows = Callable[[list[str]], Iterator[Record]]  # opens the rows, and notes what it does

SEEN = 100  # rows that decide whether the first line is a header
_LAST = 10  # last rows that may be a sum or a note
_TOTALS = frozenset({"total", "totals", "sum", "subtotal", "average", "mean", "gesamt", "summe"})


@dataclass(frozen=True)
class Header:
    """How the columns get their names, and which rows belong to the table.

    Args:
        is_present: whether the first row names the columns. None for yes, unless it looks like
            data.
        columns: the names of all columns, or new names by old ones.
        skip_footer: the number of last rows to leave out. Blank ones do not count.
    """

    is_present: bool | None = None
    columns: Sequence[str] | Mapping[str, str] = ()
    skip_footer: int = 0


@dataclass(frozen=True)
class Rectangle:
    """A table of text.

    Args:
        columns: the names of the columns.
        rows: each row with the line on which it begins. All have a cell for each column.
        notes: what was done without a setting. Complete when all rows were read.
    """

    columns: list[str]
    rows: Iterator[Record]
    notes: list[str]


def rectangle(
    rows: Rows,
    *,
    name: str,
    header: Header,
    unit: str = "line",
    check: Callable[[list[Record]], None] = lambda _: None,
    on_bad_row: Callable[[DataError], None] | None = None,
) -> Rectangle:
    """Makes a table of rows. There is at least one row below the header.

    Args:
        rows: opens the rows. It is called again to find the last row first.
        name: the name of the file in errors.
        unit: what the number of a row counts, for errors.
        check: looks at the first rows.
        on_bad_row: receives the error of a row of another length. The row is then yielded without
            cells. By default the error is raised.

    Raises:
        DataError: there is no row, the first one is not a header, or rows differ in length.
            Iterating over the rows raises it as well.
    """
    first = list(islice((record for record in rows([]) if not _is_blank(record[1])), SEEN + 1))
    if not first:
        raise DataError(f"{name} is empty", expected="Expected: a header and at least one row")
    check(first)
    place = f"{name}, {unit} {first[0][0]}"
    seen = [cells for _, cells in first]
    is_header = header.is_present is not False
    if header.is_present is not True and is_header:
        headers.check_title(first, place)
        headers.check_data(seen, place)
        headers.check_second_header(first, name, unit)
        if not header.columns:
            headers.check_row_names(first, name, unit)
    notes: list[str] = []
    body = _Body(rows, seen[0], is_header=is_header, footer=header.skip_footer)
    plan = headers.plan(
        seen[0],
        header.columns,
        place=place,
        is_header=is_header,
        whole=lambda positions: _contents(body.records([]), positions),
    )
    if next(body.records([]), None) is None:
        raise DataError(
            f"{name} has a header and no rows",
            received=f"1 {unit}",
            expected="Expected: at least one row",
        )
    notes += plan.notes
    fitted = _fitted(
        body.records(notes),
        plan,
        len(seen[0]),
        name,
        unit,
        notes,
        on_bad_row,
    )
    return Rectangle(plan.names, fitted, notes)


def _is_blank(cells: list[str]) -> bool:
    """Whether a row is a blank line, or only delimiters."""
    return not cells or (len(cells) > 1 and not any(map(str.strip, cells)))


@dataclass(frozen=True)
class _Body:
    """The rows below the header, without lines that are not rows.

    Args:
        first: the first row of the file.
        footer: the number of last rows to leave out.
    """

    rows: Rows
    first: list[str]
    is_header: bool
    footer: int

    def records(self, notes: list[str]) -> Iterator[Record]:
        rows = self._rows(notes)
        return self._without_footer(rows) if self.footer else rows

    def _rows(self, notes: list[str]) -> Iterator[Record]:
        """Leaves out blank rows, the header, and rows that repeat it."""
        records = self.rows(notes)
        header = None
        blank = delimiters = repeated = waiting = 0
        for record in records:
            cells = record[1]
            if not (cells and cells[0]) and _is_blank(cells):
                waiting += not cells
                delimiters += bool(cells)
                continue
            if self.is_header and cells == self.first:
                repeated += header is not None
                header = header or record
                continue
            blank, waiting = blank + waiting, 0
            yield record
        # Blank lines at the end, or above the header, are usual.
        if blank:
            notes.append(f"left out: {counted(blank, 'blank line')} between rows")
        if delimiters:
            notes.append(f"left out: {counted(delimiters, 'row')} without any value")
        if repeated:
            notes.append(f"left out: {counted(repeated, 'row')} that repeat the header")

    def _without_footer(self, records: Iterator[Record]) -> Iterator[Record]:
        waiting: deque[Record] = deque()
        for record in records:
            waiting.append(record)
            if len(waiting) > self.footer:
                yield waiting.popleft()


def _contents(records: Iterator[Record], positions: list[int]) -> dict[int, headers.Column]:
    """What some columns hold. A row that ends before a column is empty there."""
    empty = dict.fromkeys(positions, True)
    starts: dict[int, int | None] = {}
    for number, (_, cells) in enumerate(records):
        for position in positions:
            cell = cells[position].strip() if position < len(cells) else ""
            empty[position] = empty[position] and not cell
            if number == 0:
                starts[position] = int(cell) if cell in ("0", "1") else None
            start = starts[position]
            if start is not None and cell != str(start + number):
                starts[position] = None
    return {
        position: headers.Column(empty[position], starts.get(position) is not None)
        for position in positions
    }


def _fitted(
    records: Iterator[Record],
    plan: headers.Plan,
    width: int,
    name: str,
    unit: str,
    notes: list[str],
    on_bad_row: Callable[[DataError], None] | None,
) -> Iterator[Record]:
    """Yields the rows with a cell for each column of the plan.

    A row may be longer if it ends with empty cells, as with a delimiter at each line end. It may
    end before columns that are left out.
    """
    least = plan.positions[-1] + 1
    has_all = plan.positions == list(range(width))
    cut = 0
    last: deque[list[str]] = deque(maxlen=_LAST)
    for line, cells in records:
        if len(cells) != width:
            if not _fits(cells, least, width):
                error = _wrong_length(cells, plan, width, f"{name}, {unit} {line}")
                if on_bad_row is None:
                    others = [line for line, cells in records if not _fits(cells, least, width)]
                    raise _with_others(error, others, unit)
                on_bad_row(error)
                yield line, []
                continue
            cut += len(cells) > width
            cells = (cells + [""] * width)[:width]
        if not has_all:
            cells = [cells[position] for position in plan.positions]
        last.append(cells)
        yield line, cells
    if cut:
        notes.append(f"left out: empty values at the end of {counted(cut, 'row')}")
    notes += _remarks_on_last(list(last))


def _fits(cells: list[str], least: int, width: int) -> bool:
    if len(cells) < width:
        return len(cells) >= least
    return not any(map(str.strip, cells[width:]))


def _wrong_length(cells: list[str], plan: headers.Plan, width: int, place: str) -> DataError:
    expected = counted(width, "value")
    if len(cells) < width:
        name = next(
            (name for name, p in zip(plan.names, plan.positions, strict=True) if p >= len(cells)),
            "the last",
        )
        return DataError(
            f"{place}: the row is too short",
            received=counted(len(cells), "value"),
            expected=f"Expected: {expected}; {name} is the first column without one",
        )
    extra = next(cell for cell in cells[width:] if cell.strip())
    return DataError(
        f"{place}: the row is too long",
        received=f"{counted(len(cells), 'value')}, the first extra one {quoted(extra)}",
        expected=f"Expected: {expected}; put a value in quotes if it contains the delimiter",
    )


def _with_others(error: DataError, lines: list[int], unit: str) -> DataError:
    if not lines:
        return error
    more = "1 more row has" if len(lines) == 1 else f"{len(lines):,} more rows have"
    places = named([f"{unit} {line:,}" for line in lines], 5)
    return DataError(
        error.what,
        received=error.received,
        expected=f"{error.expected}. {more} a wrong number of values: {places}",
    )


def _remarks_on_last(last: list[list[str]]) -> list[str]:
    """Says that the last rows may be a sum, or a note with one value."""
    count = 0
    for cells in reversed(last):
        values = [cell.strip() for cell in cells if cell.strip()]
        words = values[0].lower().rstrip(":").split() if values else [""]
        is_note = len(cells) > 2 and len(values) == 1
        if not (is_note or words[0] in _TOTALS):
            break
        count += 1
    if not count or count == len(last):
        return []
    first = quoted(",".join(last[-count]))
    return [f"the end may hold a sum or a note, not rows: {first}. Then set skip_footer: {count}"]
