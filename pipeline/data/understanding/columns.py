"""Decides what one column holds. The settings decide first, then the cells."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.config.data import Data
from pipeline.data.arrays import guessed_shape
from pipeline.data.cells import is_infinite, is_number, quoted
from pipeline.data.columns.kinds import date, number, numbers, time
from pipeline.data.columns.numerals import Notation
from pipeline.data.columns.reader import reading_of
from pipeline.data.columns.reading import ColumnReading
from pipeline.data.understanding import dates, spellings
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.identifiers import (
    identifies_by_numbers,
    identifies_by_text,
    may_name_groups,
)
from pipeline.data.understanding.numbers import (
    Numerals,
    example,
    have_leading_zeros,
    looks_like_a_number,
)
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.sentinels import sentinel_of

_MOST_TEXTS = 3  # of values that are named in a message
_FEW_WORDS = 3
_MOST_CODES = 10
_MOSTLY_MISSING = 0.5
_PIXELS = 16
_MOST_UNITS = 4  # of one column
_LONGEST_UNIT = 3  # letters of units that stand beside others
_CODE = re.compile(r"(?:.*[^a-z])?(?:zip|zip ?code|postcode|postal ?code|plz|fips)", re.IGNORECASE)
# Texts that mean missing among numbers. Among texts they may be levels.
_UNKNOWN = frozenset(
    {"unknown", "unk", "missing", "not available", "not applicable", "not known", "no data"}
    | {"n.a.", "n.d.", "nd", "na", "nil", "undefined", "--", "---", "..", "*"}
)


@dataclass(frozen=True)
class File:
    """What is known about the file that a column is in.

    Args:
        delimiter: the character between two cells.
        decimal: the decimal sign that the source's settings give; None for none.
        thousands: the same for the sign between thousands.
        evidence: the decimal signs of the columns that have only one.
        sentinels: the numbers that probably mean missing in some column.
    """

    delimiter: str = ","
    decimal: str | None = None
    thousands: str | None = None
    evidence: frozenset[str] = frozenset()
    sentinels: frozenset[float] = frozenset()


def finding_of(profile: Profile, data: Data, file: File, *, is_chosen: bool = False) -> Finding:
    """Decides how a column is read.

    Args:
        is_chosen: whether the settings choose the column. It is then not left out.
    """
    decided = (decide(profile, data, file) for decide in _DECISIONS)
    finding = next(one for one in decided if one is not None)
    if finding.reading is None and is_chosen:
        finding = number_finding(profile, data, file, may_identify=False) or category_finding(
            profile, data
        )
    return replace(finding, notes=[*finding.notes, *_notes_on_missing(profile)])


def _by_settings(profile: Profile, data: Data, file: File) -> Finding | None:
    column = profile.column
    if column in data.categorical:
        return category_finding(profile, data)
    if column in data.text:
        return Finding(_free_text(profile), "data.text names it")
    if column in data.ordinal:
        order = {"order": data.ordinal[column]}
        return Finding(_reading(profile, "ordinal", order), "data.ordinal gives its order")
    if column in data.dates:
        return _date(profile, data.dates[column] or date.ISO, "data.dates names it")
    if column in data.numeric:
        found = profile.numerals
        settings = _number_settings(found, file) if found else {}
        return Finding(_reading(profile, "number", settings), "data.numeric names it")
    return None


def _empty(profile: Profile, _data: Data, _file: File) -> Finding | None:
    return None if profile.values else Finding(None, "it has no value")


def _constant(profile: Profile, _data: Data, _file: File) -> Finding | None:
    if len(profile.values) > 1 or profile.missing:
        return None
    return Finding(None, f"every row has the same value, {quoted(next(iter(profile.values)))}")


def _codes(profile: Profile, data: Data, _file: File) -> Finding | None:
    if not have_leading_zeros(profile.values) or not all(map(str.isdigit, profile.values)):
        return None
    reason = identifies_by_text(profile)
    if reason:
        return Finding(None, f"it holds codes with leading zeros, and {reason}")
    finding = category_finding(profile, data)
    return Finding(finding.reading, "it holds codes with leading zeros", finding.notes)


def _dates_of_digits(profile: Profile, _data: Data, _file: File) -> Finding | None:
    forms = dates.formats_of_digits(profile.values)
    if not forms or len(profile.values) < 3:
        return None
    why = f"all its numbers are dates, such as {example(profile.values)}"
    advice = f"if they are numbers, set data.numeric: [{profile.column}]"
    finding = _dates_of(profile, forms, why)
    return replace(finding, notes=[f"is read as dates; {advice}"])


def _number(profile: Profile, data: Data, file: File) -> Finding | None:
    return number_finding(profile, data, file)


def number_finding(
    profile: Profile, data: Data, file: File, *, may_identify: bool = True
) -> Finding | None:
    """Reads a column of numbers. None if some value is not a number.

    Args:
        may_identify: whether the numbers may name rows.
    """
    found = profile.numerals
    if found is None:
        return None
    column = profile.column
    units = found.affixes
    if len(units) > 1:
        if not _are_units(units, len(profile.values)):
            return None
        names = ", ".join(affix or "none" for affix in units[:_MOST_TEXTS])
        return Finding(
            _reading(profile, "category", {}),
            "",
            doubts=[
                f"its numbers have different units ({names}). Make them equal in the file, or list "
                f"it under data.categorical or data.drop"
            ],
        )
    if units != [""] and not _is_unit(units[0], len(profile.values)):
        return None
    settings = _number_settings(found, file)
    doubts = _doubts_on_notation(found, file)
    read = {cell: value for cell in profile.values if (value := _value(cell, settings)) is not None}
    counts: dict[float, int] = {}
    for cell, value in read.items():
        counts[value] = counts.get(value, 0) + profile.values[cell]
    sentinel = None
    if not doubts:
        is_plain = units == [""] and may_identify
        reason = identifies_by_numbers(profile, list(counts)) if is_plain else ""
        if reason:
            return Finding(None, reason)
        is_settled = column in data.numeric
        sentinel = None if is_settled else sentinel_of(counts, known=file.sentinels)
        if sentinel is not None:
            sign = next(cell for cell, value in read.items() if value == sentinel)
            where = f"{column}: [{quoted(sign)}]"
            advice = f"[{quoted(sign)}]" if len(file.sentinels) == 1 else f"{{{where}}}"
            doubts.append(
                f"{sign} is in {counts[sentinel]:,} of {profile.count:,} rows, far from all other "
                f"values. If it means missing, set data.na_values: {advice}; "
                f"if it is a number, data.numeric: [{column}]; if it is a code, "
                f"data.categorical: [{column}]"
            )
    return Finding(
        _reading(profile, "number", settings),
        "all its values are numbers",
        _notes_on_numbers(profile, found, settings, counts),
        doubts,
        sentinel,
    )


def _value(cell: str, settings: dict[str, Any]) -> float | None:
    """The number in a cell of a column of numbers."""
    if not settings:
        return float(cell)
    values = number.read(cell, settings)
    return None if values is None else values[0]


def _number_or_unknown(profile: Profile, data: Data, file: File) -> Finding | None:
    """Reads numbers with words such as `Unknown` among them, which surely mean missing."""
    words = [cell for cell in profile.values if cell.casefold() in _UNKNOWN]
    numbers_of = {cell: count for cell, count in profile.values.items() if cell not in words}
    if not words or len(numbers_of) < 3 * len(words):
        return None
    missing = {**profile.missing, **{word: profile.values[word] for word in words}}
    others = replace(profile, values=numbers_of, missing=missing, signs=[*profile.signs, *words])
    finding = number_finding(others, data, file)
    if finding is None or finding.reading is None:
        return finding
    return replace(finding, notes=[*finding.notes, f"reads {listed(words)} as missing"])


def _date_or_time(profile: Profile, _data: Data, _file: File) -> Finding | None:
    if all(time.read(cell, {}) is not None for cell in profile.values):
        return Finding(_reading(profile, "time", {}), "all its values are times")
    forms = dates.formats_of(profile.values)
    if not forms:
        return None
    return _dates_of(profile, forms, "all its values are dates")


def _dates_of(profile: Profile, forms: Sequence[str], why: str) -> Finding:
    """Reads dates, which are in doubt if two formats give different ones."""
    finding = _date(profile, forms[0], why)
    if dates.agree(profile.values, forms):
        return finding
    choices = " or ".join(f"data.dates: {{{profile.column}: {form!r}}}" for form in forms)
    doubt = f"its dates, such as {example(profile.values)}, can be read in several ways"
    return Finding(finding.reading, finding.why, doubts=[f"{doubt}. Set {choices}"])


def _several_numbers(profile: Profile, _data: Data, _file: File) -> Finding | None:
    found = [numbers.split(cell) for cell in profile.values]
    counts = {len(one) if one else 0 for one in found}
    if len(counts) > 1 or counts <= {0, 1}:
        return None
    (count,) = counts
    if count >= _PIXELS:
        shape = "" if guessed_shape(count) else "image_shape: [height, width, channels] and "
        doubt = (
            f"each cell holds {count:,} numbers. If they are the pixels of an image, set "
            f"{shape}pixels: {profile.column} in the source's settings; else list it under "
            "data.drop"
        )
        return Finding(_reading(profile, "numbers", {"count": count}), "", doubts=[doubt])
    reading = _reading(profile, "numbers", {"count": count})
    return Finding(reading, f"each cell holds {count} numbers, such as {example(profile.values)}")


def _mixture(profile: Profile, data: Data, _file: File) -> Finding | None:
    return mixture_finding(profile, data)


def mixture_finding(profile: Profile, data: Data) -> Finding | None:
    """Reads a column of numbers with a few other texts among them, which is in doubt."""
    texts = [cell for cell in profile.values if not _is_numeric(cell)]
    others = len(profile.values) - len(texts)
    few_texts = len(texts) <= _MOST_TEXTS and others > 2 * len(texts)
    mostly = 2 * sum(profile.values[cell] for cell in texts) < profile.count
    if not texts or not others or not (few_texts or (mostly and others > len(texts))):
        return None
    if not few_texts and identifies_by_text(profile):
        return None  # as the tickets of passengers: some are numbers, almost all are different
    named = ", ".join(quoted(cell) for cell in texts[:_MOST_TEXTS])
    more = f" and {len(texts) - _MOST_TEXTS:,} other texts" if len(texts) > _MOST_TEXTS else ""
    rows = sum(profile.values[cell] for cell in texts)
    doubt = (
        f"it holds numbers, but {rows:,} of {profile.count:,} values are not: {named}{more}."
        f" If they mean missing, set data.na_values: {{{profile.column}: [{named}]}}; if the "
        f"column holds categories, data.categorical: [{profile.column}]"
    )
    return Finding(category_finding(profile, data).reading, "", doubts=[doubt])


def _text(profile: Profile, _data: Data, _file: File) -> Finding | None:
    words = sum(len(cell.split()) * count for cell, count in profile.values.items())
    if words <= _FEW_WORDS * profile.count or not identifies_by_text(profile):
        return None
    note = f"is read as words; to leave it out, set data.drop: [{profile.column}]"
    return Finding(_free_text(profile), "its values are sentences", [note])


def _name(profile: Profile, _data: Data, _file: File) -> Finding | None:
    reason = identifies_by_text(profile)
    return Finding(None, reason) if reason else None


def category_finding(profile: Profile, data: Data) -> Finding:
    """Reads a column as categories, and merges spellings of one level."""
    column = profile.column
    given = data.spellings.get(column, {})
    values: dict[str, int] = {}
    for cell, count in profile.values.items():
        level = given.get(cell, cell)
        values[level] = values.get(level, 0) + count
    merged, notes, doubts = dict(given), [], []
    read_as: list[str] = []
    if column not in data.categorical and column not in data.spellings:
        for first, others in spellings.variants(values).items():
            if spellings.are_of_one_word([first, *others]):
                merged |= dict.fromkeys(others, first)
                read_as.append(f"{listed(others)} as {quoted(first)}")
            else:
                doubts.append(
                    f"it has {listed([first, *others])}. If they are the same, set "
                    f"data.spellings: {{{column}: {{{others[0]}: {first}}}}}; if they are "
                    f"different, data.categorical: [{column}]"
                )
        if read_as:
            more = len(read_as) - _MOST_TEXTS
            rest = f", and {more:,} more spellings" if more > 0 else ""
            notes.append(f"reads {', '.join(read_as[:_MOST_TEXTS])}{rest}")
        unmerged = {text: count for text, count in values.items() if text not in merged}
        for letter, word in spellings.abbreviations(unmerged).items():
            notes.append(
                f"has {letter!r} and {word!r}; if they are the same, set data.spellings: "
                f"{{{column}: {{{letter}: {word}}}}}"
            )
        if column not in data.targets and not data.has_signs_of(column):
            doubts += _doubts_on_none(profile)
    settings = {"spellings": merged} if merged else {}
    why = "data.categorical names it" if column in data.categorical else "its values are texts"
    return Finding(_reading(profile, "category", settings), why, notes, doubts)


def _category(profile: Profile, data: Data, _file: File) -> Finding:
    return category_finding(profile, data)


_DECISIONS: Sequence[Callable[[Profile, Data, File], Finding | None]] = (
    _by_settings,
    _empty,
    _constant,
    _dates_of_digits,
    _codes,
    _number,
    _number_or_unknown,
    _date_or_time,
    _several_numbers,
    _mixture,
    _text,
    _name,
    _category,
)


def _reading(profile: Profile, kind: str, settings: dict[str, Any]) -> ColumnReading:
    return reading_of(profile.column, kind, settings, profile.signs)


def _free_text(profile: Profile) -> ColumnReading:
    # Every text counts as its words, also one that would mean missing elsewhere.
    return reading_of(profile.column, "text", {}, ())


def _date(profile: Profile, form: str, why: str) -> Finding:
    first = dates.first_year_of(profile.values, form)
    parts = dates.parts_of(profile.values, form, first)
    settings = {"format": form, "parts": parts} | ({"first_year": first} if first else {})
    notes = [f"becomes {', '.join(parts)}"]
    if first is not None:
        moments = [date.moment(cell, form, first) for cell in profile.values]
        years = [one.year for one in moments if one is not None]
        notes.append(f"has years of two digits, read as {min(years)} to {max(years)}")
    return Finding(_reading(profile, "date", settings), why, notes)


def _is_numeric(cell: str) -> bool:
    return looks_like_a_number(cell) or is_infinite(cell)


def _is_unit(affix: str, different: int) -> bool:
    """Whether an affix is a unit. Two texts such as `1a` and `2a` may be codes."""
    return different >= 3 or not affix.isalpha()


def _are_units(affixes: Sequence[str], different: int) -> bool:
    """Whether different affixes are units: few of them among many numbers, and no long words.

    `2013PASS` and `1939, May` are codes and dates.
    """
    are_long = all(len(affix) > _LONGEST_UNIT for affix in affixes)
    are_few = len(affixes) <= min(_MOST_UNITS, different // 3)
    return are_few and not are_long


def _allowed(found: Numerals, file: File) -> list[Notation]:
    """The notations that the values and the source's settings allow."""
    return [
        notation
        for notation in found.notations
        if file.decimal in (None, notation.decimal)
        and (file.thousands in (None, notation.thousands) or not notation.thousands)
    ]


def _likely(found: Numerals, file: File) -> list[Notation]:
    """The allowed notations that suit the rest of the file."""
    allowed = _allowed(found, file) or found.notations
    if file.thousands is not None:
        wanted = [one for one in allowed if one.thousands == file.thousands]
        allowed = wanted or allowed
    elif file.evidence:
        allowed = [one for one in allowed if one.decimal in file.evidence] or allowed
    elif file.delimiter == ",":
        allowed = [one for one in allowed if one.decimal == "."] or allowed
    return allowed


def _number_settings(found: Numerals, file: File) -> dict[str, Any]:
    notation = _likely(found, file)[0]
    affix = found.affixes[0]
    if found.are_plain and notation.decimal == "." and notation.thousands in ("", ","):
        return {}
    return {"decimal": notation.decimal, "thousands": notation.thousands, "affix": affix}


def _doubts_on_notation(found: Numerals, file: File) -> list[str]:
    likely = _likely(found, file)
    differing = found.differing(likely)
    if not differing:
        return []
    sign = (likely[0].thousands or differing[0].thousands) or "."
    of_thousands = f"thousands: {quoted(sign)}"
    if sign == ".":  # the usual decimal sign
        of_thousands += " and decimal: ','"
    return [
        f"{quoted(sign)} in {example(found.values)} may separate thousands or decimals. Set "
        f"{of_thousands} for the former, decimal: {quoted(sign)} for the latter, in the source's "
        "settings"
    ]


def _notes_on_numbers(
    profile: Profile, found: Numerals, settings: dict[str, Any], counts: dict[float, int]
) -> list[str]:
    notes = []
    disguised = [cell for cell in found.values if not is_number(cell)]
    if settings and disguised:
        longest = max(disguised, key=len)  # it shows all signs of the notation
        value = number.read(longest, settings)
        read = f"{value[0]:.12g}" if value else "a number"
        notes.append(f"reads {quoted(longest)} as {read}")
    elif len(found.notations) > 1 and found.differing(found.notations):
        shown = next(quoted(cell) for cell in found.values if "." in cell)
        notes.append(
            f"reads the point in {shown} as a decimal point; if it separates thousands, set "
            "thousands: '.' and decimal: ',' in the source's settings"
        )
    whole = all(value.is_integer() for value in counts)
    values = sorted(counts)
    column = profile.column
    if whole and may_name_groups(profile):
        notes.append(
            f"seems to name what several rows share. If so, set data.split: {{group: {column}}}, "
            f"or data.drop: [{column}]"
        )
    if whole and _CODE.fullmatch(column):
        notes.append(f"is read as numbers; if they are codes, set data.categorical: [{column}]")
    if whole and 2 < len(values) <= _MOST_CODES and values[-1] - values[0] >= len(values):
        codes = ", ".join(f"{value:g}" for value in values)
        notes.append(
            f"has only the whole numbers {codes}; if they are codes, set "
            f"data.categorical: [{profile.column}]"
        )
    return notes


def _doubts_on_none(profile: Profile) -> Iterator[str]:
    column, signs = profile.column, [sign for sign in profile.missing if sign]
    if "None" in signs and len(profile.missing) > 1:
        others = listed([sign for sign in profile.missing if sign != "None"])
        yield (
            f"it has 'None' in {profile.missing['None']:,} rows and {others} in others. If 'None' "
            f"is a level, set data.keep_as_level: {{{column}: [None]}}; if both mean missing, "
            f"data.na_values: {{{column}: [None]}}"
        )
    elif "NA" in signs and all(_is_code_of_two_letters(cell) for cell in profile.values):
        yield (
            f"its levels are codes of two letters, so 'NA' may be one. If it is, set "
            f"data.keep_as_level: {{{column}: [NA]}}; if it means missing, "
            f"data.na_values: {{{column}: [NA]}}"
        )


def _is_code_of_two_letters(cell: str) -> bool:
    return len(cell) == 2 and cell.isalpha() and cell.isupper()


def _notes_on_missing(profile: Profile) -> Iterator[str]:
    missing = sum(profile.missing.values())
    if profile.values and missing > _MOSTLY_MISSING * profile.rows:
        yield f"is missing in {missing:,} of {profile.rows:,} rows"
    signs = [sign for sign in profile.missing if sign not in ("", "NA", "NaN", "nan", "null")]
    if profile.values and signs:
        yield f"reads {listed(signs)} as missing"


def listed(texts: Sequence[str]) -> str:
    """The first texts in quotes, and how many others there are."""
    named = [quoted(text) if text else "empty cells" for text in texts[:_MOST_TEXTS]]
    more = len(texts) - _MOST_TEXTS
    return ", ".join(named) + (f" and {more:,} others" if more > 0 else "")
