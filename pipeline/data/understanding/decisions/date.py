"""Dates and times."""

from collections.abc import Sequence

from pipeline.config.data import Data
from pipeline.data.columns.kinds import date, time
from pipeline.data.understanding import dates
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.numbers import example
from pipeline.data.understanding.profile import Profile


def decide(profile: Profile, _data: Data, _file: File) -> Finding | None:
    """Reads a column of dates or times. None if some value is neither."""
    if all(time.read(cell, {}) is not None for cell in profile.values):
        return Finding(profile.reading("time", {}), "all its values are times")
    forms = dates.formats_of(profile.values)
    if not forms:
        return None
    return finding_of_formats(profile, forms, "all its values are dates")


def finding_of_formats(profile: Profile, forms: Sequence[str], why: str) -> Finding:
    """Reads dates. They are in doubt if two formats give different ones."""
    finding = date_finding(profile, forms[0], why)
    if dates.agree(profile.values, forms):
        return finding
    choices = " or ".join(f"data.dates: {{{profile.key}: {form!r}}}" for form in forms)
    doubt = f"its dates, such as {example(profile.values)}, can be read in several ways"
    return Finding(finding.reading, finding.why, doubts=[f"{doubt}. Set {choices}"])


def date_finding(profile: Profile, form: str, why: str) -> Finding:
    """Reads dates of one format as the parts in which they differ."""
    first = dates.first_year_of(profile.values, form)
    parts = dates.parts_of(profile.values, form, first)
    settings = {"format": form, "parts": parts} | ({"first_year": first} if first else {})
    notes = [f"becomes {', '.join(parts)}"]
    if first is not None:
        moments = [date.moment(cell, form, first) for cell in profile.values]
        years = [parsed.year for parsed in moments if parsed is not None]
        notes.append(f"has years of two digits, read as {min(years)} to {max(years)}")
    return Finding(profile.reading("date", settings), why, notes)
