"""Describes the columns of a table for the data card.

It counts how often each value occurs. The counts take much memory, and need no splits. So
`prepare` describes the columns before it splits the rows.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.card import ColumnCard
from pipeline.data.columns.kinds.date import moment
from pipeline.data.columns.reader import read_numbers
from pipeline.data.columns.reading import ColumnReading
from pipeline.data.preparing.statistics import blocks_of
from pipeline.data.understanding.label_lists import LabelLists
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.table import Understanding

_EXAMPLES = 3
_LONGEST_EXAMPLE = 24
_TOP_LEVELS = 5
_NOT_A_RANGE = ("date", "labels")
_QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


def described_columns(understanding: Understanding) -> dict[str, ColumnCard]:
    """What each used column holds. `becomes` is empty for features."""
    ranges = _ranges(understanding)
    return {
        name: _card(name, understanding, ranges.get(name, "")) for name in understanding.findings
    }


def examples_of(profile: Profile) -> list[str]:
    """The first different values of a column."""
    some = zip(profile.values, range(_EXAMPLES), strict=False)
    return [_short(value) for value, _ in some]


def _card(column: str, understanding: Understanding, numbers: str) -> ColumnCard:
    profile, finding = understanding.profiles[column], understanding.findings[column]
    becomes = ""
    if column in understanding.targets:
        becomes = "the target" if len(understanding.targets) == 1 else "a target"
    elif finding.reading is None:
        becomes = f"left out: {finding.why}"
    return ColumnCard(
        column,
        holds=finding.reading.kind if finding.reading is not None else "",
        why=finding.why,
        examples=examples_of(profile),
        missing=dict(profile.missing),
        different=len(profile.values),
        content=numbers or _content(profile, finding.reading),
        becomes=becomes,
        notes=finding.notes,
        doubts=finding.doubts,
    )


def _content(profile: Profile, reading: ColumnReading | None) -> str:
    if reading is not None and reading.kind == "labels":
        counts = LabelLists(profile.values, reading.settings["separator"]).counts
        return _top(counts)
    is_date = reading is not None and reading.kind == "date" and bool(profile.values)
    return _span(profile, reading) if reading is not None and is_date else levels_of(profile)


def _ranges(understanding: Understanding) -> dict[str, str]:
    """The quantiles of columns of numbers, by column. Dates have none."""
    names: list[str] = []

    def columns() -> Iterator[NDArray[np.float64]]:
        for name, finding in understanding.findings.items():
            reading = finding.reading
            if reading is not None and not reading.takes_text and reading.kind not in _NOT_A_RANGE:
                numbers = _numbers(understanding.profiles[name], reading)
                if len(numbers):
                    names.append(name)
                    yield numbers

    ranges = [
        " · ".join(f"{value:.4g}" for value in own)
        for numbers in blocks_of(columns())
        for own in np.quantile(numbers, _QUANTILES, axis=1).T
    ]
    return dict(zip(names, ranges, strict=True))


def _numbers(profile: Profile, reading: ColumnReading) -> NDArray[np.float64]:
    """The finite numbers of a column, as often as they occur."""
    plain = None if reading.kind != "number" or reading.settings else profile.plain_numbers
    if plain is None:
        problems: dict[int, Any] = {}
        plain = read_numbers(reading, profile.texts, place=str, on_error=problems.setdefault)[-1]
    values = np.repeat(plain, profile.counts)
    return values[np.isfinite(values)]


def levels_of(profile: Profile) -> str:
    """The commonest levels of a column with their counts; empty if none occurs twice."""
    if profile.is_unique and len(profile.values) > _TOP_LEVELS:
        return ""
    return _top(profile.values)


def _top(counts: Mapping[str, int]) -> str:
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_TOP_LEVELS]
    text = ", ".join(f"{_short(value)}: {count:,}" for value, count in top)
    more = len(counts) - len(top)
    return f"{text} and {more:,} more" if more > 0 else text


def _span(profile: Profile, reading: ColumnReading) -> str:
    """The first and the last date."""
    form = reading.settings["format"]
    moments = {date: cell for cell in profile.values if (date := moment(cell, form))}
    return f"{moments[min(moments)]} to {moments[max(moments)]}" if moments else ""


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST_EXAMPLE else f"{value[: _LONGEST_EXAMPLE - 1]}…"
