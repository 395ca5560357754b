"""Dates without separators, such as 20210131."""

from dataclasses import replace

from pipeline.config.data import Data
from pipeline.data.understanding import dates
from pipeline.data.understanding.decisions.date import finding_of_formats
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.numbers import example
from pipeline.data.understanding.profile import Profile


def decide(profile: Profile, _data: Data, _file: File) -> Finding | None:
    """Reads a column of dates. None if some value has separators or is not a date."""
    forms = dates.formats_of_digits(profile.values)
    if not forms or len(profile.values) < 3:
        return None
    why = f"all its numbers are dates, such as {example(profile.values)}"
    advice = f"if they are numbers, set data.numeric: [{profile.key}]"
    finding = finding_of_formats(profile, forms, why)
    return replace(finding, notes=[f"is read as dates; {advice}"])
