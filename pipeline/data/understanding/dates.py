"""Recognises dates and times."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import islice, product

from pipeline.data.columns.kinds.date import ISO, PARTS, moment

_DATES = (
    *("%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y"),
    *("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y"),
    *("%B %d %Y", "%a %b %d %Y", "%a, %d %b %Y", "%A, %B %d, %Y"),
    *("%d-%B-%Y", "%d-%B-%y", "%d %b %y", "%b-%d-%Y", "%Y %b %d", "%Y-%b-%d"),
    *("%Y-%m", "%Y/%m", "%b %Y", "%B %Y", "%b-%y", "%b-%Y", "%B-%Y", "%B-%y", "%m/%Y"),
    *("%Y, %B", "%Y, %b", "%Y %B", "%Y %b", "%Y-%B", "%Y-%b", "%B, %Y", "%b, %Y"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", " %H:%M:%S.%f")
_MAY_BE_DATE = re.compile(
    r".*\d.*[-/.: ,T].*\d.*|[A-Za-z]+,?[ -]\d{2,4}|\d{4},?[ -][A-Za-z]+", re.DOTALL
)
_DIGITS = {8: ("%Y%m%d", "%m%d%Y", "%d%m%Y"), 6: ("%Y%m",)}
_FIRST = 20
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
_LAST_LIKELY_YEAR = 2040


def formats_of(values: Collection[str]) -> list[str]:
    """The formats in which all values are dates. Two formats may mean different dates."""
    some = next(iter(values))
    if not _MAY_BE_DATE.fullmatch(some):
        return []
    if len(some) >= 8 and all(moment(cell, ISO) for cell in values) and not some.isdigit():
        return [ISO]
    forms = (date + time for date, time in product(_DATES, _TIMES))
    likely = [form for form in forms if moment(some, form)]
    return [form for form in likely if all(is_date(cell, form) for cell in values)]


def formats_of_digits(values: Collection[str]) -> list[str]:
    """The formats of dates without separators, such as 20210131. Empty if they are numbers."""
    length = len(next(iter(values)))
    if not all(len(cell) == length and cell.isdigit() for cell in values):
        return []
    forms = _DIGITS.get(length, ())
    return [form for form in forms if all(is_date(cell, form) for cell in values)]


def formats_of_some(values: Iterable[str]) -> list[str]:
    """The formats in which one of the first values is a date."""
    some = [cell for cell in islice(values, _FIRST) if _MAY_BE_DATE.fullmatch(cell)]
    forms = [ISO, *(date + time for date, time in product(_DATES, _TIMES))]
    return [form for form in forms if any(is_date(cell, form) for cell in some)] if some else []


def agree(values: Collection[str], forms: Collection[str]) -> bool:
    """Whether all formats give the same dates."""
    return all(len({moment(cell, form) for form in forms}) == 1 for cell in values)


def first_year_of(values: Collection[str], form: str) -> int | None:
    """The first of the hundred years that years of two digits mean. None if they have four.

    It follows the longest run of years without a date. The last date is not after 2040.
    """
    if "%y" not in form:
        return None
    years = sorted({date.year % 100 for cell in values if (date := moment(cell, form))})
    gaps = {
        year - years[number - 1] + 100 * (number == 0): year for number, year in enumerate(years)
    }
    first = gaps[max(gaps)]
    last = max(first + (year - first) % 100 for year in years)
    return first + (2000 if last <= _LAST_LIKELY_YEAR % 100 else 1900)


def parts_of(values: Collection[str], form: str, first_year: int | None = None) -> list[str]:
    """The parts of a date in which some values differ."""
    moments = [date for cell in values if (date := moment(cell, form, first_year))]
    return [part for part, of in PARTS.items() if len({of(date) for date in moments}) > 1]


def is_date(cell: str, form: str) -> bool:
    """Whether a cell is a date of a format, from 1900 to 2099."""
    date: datetime | None = moment(cell, form)
    return date is not None and _FIRST_YEAR <= date.year <= _LAST_YEAR
