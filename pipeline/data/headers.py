"""Headers: the names of the columns of a file, and the columns to leave out."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipeline.data.cells import is_number, quoted
from pipeline.data.missing import is_missing
from pipeline.errors import DataError, suggestion

_SAVED_INDEX = re.compile(r"Unnamed: 0(\.\d+)*")  # what pandas calls an index that it wrote
_FEWEST_BELOW_UNITS = 3  # rows of numbers that make a row of texts above them stand out
_FEWEST_LABELS = 3  # texts that only one row has, if these columns have few levels
_FEWEST_BELOW_LABELS = 20
_MOST_LEVELS = 8
_SIGNS_OF_NOTHING = frozenset({"-", "--", ".", "n/a", "#n/a", "<na>", "nat", "missing", "nil"})
_FEWEST_COUNTED = 5  # header cells that count, such as years, are names from this number on


@dataclass(frozen=True)
class Column:
    """What a column without a name holds in the whole file.

    Args:
        empty: whether no row has a value.
        counts: whether its values are 0, 1, 2, … or 1, 2, 3, …
    """

    empty: bool
    counts: bool


@dataclass(frozen=True)
class Plan:
    """The names of the columns to keep, and their positions in each row."""

    names: list[str]
    positions: list[int]
    notes: list[str]


def check_title(rows: Sequence[tuple[int, Sequence[str]]], place: str) -> None:
    """Refuses a first row that has far fewer values than the next ones, such as a title.

    Args:
        rows: the first rows, each with its line.
    """
    filled = [sum(1 for cell in cells if cell.strip()) for _, cells in rows]
    usual = median(filled[1:] or filled)
    if 2 * filled[0] >= usual:
        return
    above = next(line for (line, _), count in zip(rows, filled, strict=True) if 2 * count >= usual)
    raise DataError(
        f"{place}: the header names {filled[0]} of {usual:g} columns",
        received=quoted(",".join(rows[0][1])),
        expected=f"If it is a title, set skip_rows: {above - 1} in the source's settings; "
        "if these are names, set header: true",
        advised={"skip_rows": above - 1},
    )


def check_data(rows: Sequence[Sequence[str]], place: str) -> None:
    """Refuses a first row that looks like the rows below it."""
    header = [cell.strip() for cell in rows[0]]
    body = [cells for cells in rows[1:] if cells != rows[0]]  # a header may be repeated
    columns = [
        [cells[position].strip() for cells in body if position < len(cells)]
        for position in range(len(header))
    ]
    numbers = [
        cell for cell, below in zip(header, columns, strict=True) if _is_number_too(cell, below)
    ]
    repeated = [
        cell
        for cell, below in zip(header, columns, strict=True)
        if cell and not is_number(cell) and cell in below and any(value != cell for value in below)
    ]
    if numbers and not _counts_on(numbers):
        what = (
            "the header holds only numbers"
            if len(numbers) == len(header)
            else (f"the header holds {counted(len(numbers), 'number')}, as the columns below do")
        )
    elif 2 * len(repeated) >= len(header):
        what = "the header holds values of the columns below"
    else:
        return
    raise DataError(
        f"{place}: {what}",
        received=quoted(",".join(rows[0])),
        expected="If the file has no header, set header: false in the source's settings; "
        "if these are names, set header: true",
        advised={"header": False},
    )


def check_second_header(rows: Sequence[tuple[int, Sequence[str]]], name: str, unit: str) -> None:
    """Refuses a first row that holds units, or belongs to the header.

    Such a row has texts above columns of numbers. Or it has texts that no other row has, in columns
    of few levels.

    Args:
        rows: the first rows, the header among them, each with its line.
    """
    if len(rows) < _FEWEST_BELOW_UNITS + 2:
        return
    (_, header), (line, first), *below = rows
    width = min(len(header), *(len(cells) for _, cells in rows))
    columns = [[cells[position].strip() for _, cells in below] for position in range(width)]
    numbers = [place for place, cells in enumerate(columns) if all(map(is_number, cells))]
    above = [first[position].strip() for position in numbers]
    units = [cell for cell in above if cell]  # a count has no unit
    few = [place for place, cells in enumerate(columns) if _has_few_levels(cells)]
    labels = [(first[place].strip(), columns[place]) for place in few if first[place].strip()]
    if len(units) >= 2 and not any(is_number(text) or _stands_for_nothing(text) for text in units):
        what = f"{counted(len(numbers), 'column')} below it hold numbers"
    elif len(labels) >= _FEWEST_LABELS and all(label not in cells for label, cells in labels):
        what = f"no other row has them, although {counted(len(labels), 'column')} have few levels"
    else:
        return
    names = [cell.strip() or f"unnamed_{number}" for number, cell in enumerate(header, start=1)]
    raise DataError(
        f"{name}, {unit} {line}: the row holds texts, and {what}",
        received=quoted(",".join(first)),
        expected=f"If it holds units or belongs to the header, set header: false, "
        f"skip_rows: {line} and columns: [{', '.join(names)}] in the source's settings; "
        "if it is a row, set header: true",
        advised={"header": False, "skip_rows": line, "columns": _numbered_apart(names)},
    )


def check_row_names(rows: Sequence[tuple[int, Sequence[str]]], name: str, unit: str) -> None:
    """Refuses a header that has one cell less than each row, as R writes it.

    Args:
        rows: the first rows, the header among them, each with its line.
    """
    (line, header), *below = rows
    body = [[cell.strip() for cell in cells] for _, cells in below]
    is_shorter = body and all(len(cells) == len(header) + 1 and cells[-1] for cells in body)
    first = {cells[0] for cells in body}
    if not is_shorter or len(header) < 2 or len(first) < len(body):
        return
    names = ["row", *(cell.strip() for cell in header)]
    # If the delimiter splits numbers at a decimal comma, two columns of digits follow each other.
    columns = [all(cell.isdigit() for cell in cells) for cells in zip(*body, strict=True)]
    is_decimal_comma = any(map(all, pairwise(columns)))
    own = _numbered_apart(names)
    raise DataError(
        f"{name}, {unit} {line}: the header names {len(header)} columns, and each row has "
        f"{len(header) + 1} values",
        received=quoted(",".join(header)),
        expected=f"If the first value names the row, set header: false, skip_rows: {line} and "
        f"columns: [{', '.join(own)}] in the source's settings; if a value "
        "contains the delimiter, such as a decimal comma, put it in quotes",
        advised={} if is_decimal_comma else {"header": False, "skip_rows": line, "columns": own},
    )


def _has_few_levels(cells: Sequence[str]) -> bool:
    levels = {cell for cell in cells if not is_missing(cell)}
    are_texts = not any(map(is_number, levels))
    return len(cells) >= _FEWEST_BELOW_LABELS and 2 <= len(levels) <= _MOST_LEVELS and are_texts


def _stands_for_nothing(cell: str) -> bool:
    return is_missing(cell) or cell.lower() in _SIGNS_OF_NOTHING


def _is_number_too(cell: str, below: Sequence[str]) -> bool:
    """Whether a cell is a number, or missing, in a column that holds only numbers."""
    values = [value for value in below if not is_missing(value)]
    return is_number(cell) and all(map(is_number, values))


def _counts_on(numbers: Sequence[str]) -> bool:
    """Whether numbers count up as names of columns do, such as years or pixels."""
    if len(numbers) < _FEWEST_COUNTED or not all(number.isdecimal() for number in numbers):
        return False
    return is_counting(numbers, int(numbers[0]))


def is_counting(cells: Sequence[str], start: int) -> bool:
    """Whether cells are whole numbers that count up from `start`."""
    return all(cell == str(number) for number, cell in enumerate(cells, start=start))


def plan(
    first: Sequence[str],
    columns: Sequence[str] | Mapping[str, str],
    *,
    place: str,
    is_header: bool,
    whole: Callable[[list[int]], dict[int, Column]],
) -> Plan:
    """Names the columns. Leaves out empty columns without a name, and pandas' index.

    Args:
        first: the first row.
        columns: the names of all columns, or new names by old ones.
        place: the file and line of the first row, for errors.
        is_header: whether the first row names the columns.
        whole: reads what columns hold, by position.

    Raises:
        DataError: two columns have one name, or `columns` does not fit.
    """
    if is_header:
        names = [cell.strip() for cell in first]
        doubtful = [
            position
            for position, name in enumerate(names)
            if not name or _SAVED_INDEX.fullmatch(name)
        ]
    else:
        names = [f"c{number}" for number in range(1, len(first) + 1)]
        doubtful = [len(first) - 1] if not first[-1].strip() and len(first) > 1 else []
    if not isinstance(columns, Mapping) and len(columns) == len(names):
        _check_unique(list(columns), place)
        return Plan(list(columns), list(range(len(names))), [])
    facts = whole(doubtful) if doubtful else {}
    empty = [position for position, column in facts.items() if column.empty]
    index = [
        position
        for position, column in facts.items()
        if column.counts and is_header and (position == 0 or names[position])
    ]
    notes = []
    if empty:
        notes.append(f"left out without name and values: {_numbered(empty)}")
    if index:
        notes.append(f"left out, because it only counts rows: {_numbered(index)}")
    unnamed = [p for p in doubtful if not names[p] and p not in empty and p not in index]
    for position in unnamed:
        names[position] = f"unnamed_{position + 1}"
        notes.append(f"column {position + 1} has no name, and is now called {names[position]}")
    positions = [p for p in range(len(names)) if p not in empty and p not in index]
    if not positions:
        raise DataError(f"{place}: no column has a name", expected="Name the columns")
    headings = [names[position] for position in positions]
    return Plan(renamed(headings, columns, place), positions, notes)


def renamed(names: list[str], columns: Sequence[str] | Mapping[str, str], place: str) -> list[str]:
    """The names of columns after the setting `columns`.

    Raises:
        DataError: the setting does not fit, or two columns have one name.
    """
    own = _renamed(names, columns, place)
    _check_unique(own, place)
    return own


def _renamed(names: list[str], columns: Sequence[str] | Mapping[str, str], place: str) -> list[str]:
    if isinstance(columns, Mapping):
        unknown = [old for old in columns if old not in names]
        if unknown:
            raise DataError(
                f"{place}: columns in the source's settings renames what is not there",
                received=", ".join(unknown),
                expected=suggestion(unknown[0], names),
            )
        return [columns.get(name, name) for name in names]
    if columns and len(columns) != len(names):
        raise DataError(
            f"{place}: columns in the source's settings does not fit",
            received=f"{counted(len(columns), 'name')} for {counted(len(names), 'column')}",
            expected=f"List one name for each of: {', '.join(map(repr, names))}. "
            "To rename only some, write columns: {old: new}",
        )
    return list(columns) or names


def _check_unique(names: list[str], place: str) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        columns = "; ".join(
            f"{name} is the name of columns "
            + named([str(number) for number, other in enumerate(names, start=1) if other == name])
            for name in repeated
        )
        raise DataError(
            f"{place}: several columns have the same name",
            received=columns,
            expected="Give all columns names with columns: [name, …] in the source's settings, or "
            "set header: false if this line is data",
            advised={"columns": _numbered_apart(names)},
        )


def _numbered_apart(names: list[str]) -> list[str]:
    """Names that are all different: the second `a` becomes `a_2`."""
    own: list[str] = []
    for name in names:
        other, number = name, 1
        while other in own or (number > 1 and other in names):
            number += 1
            other = f"{name}_{number}"
        own.append(other)
    return own


def _numbered(positions: Sequence[int]) -> str:
    return f"column{'' if len(positions) == 1 else 's'} " + named(
        [str(position + 1) for position in positions]
    )


def counted(number: int, noun: str) -> str:
    """A number with its noun, such as `1 row` or `2,000 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def named(texts: Sequence[str], most: int = 10) -> str:
    """Texts as a list in a sentence, such as `1, 2 and 5`."""
    if len(texts) > most:
        return f"{', '.join(texts[:most])} and {len(texts) - most:,} more"
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))
