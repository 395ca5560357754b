"""Free text: sentences that differ."""

from pipeline.config.data import Data
from pipeline.data.columns.reader import reading_of
from pipeline.data.columns.reading import ColumnReading
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.identifiers import identifies_by_text
from pipeline.data.understanding.profile import Profile

_FEW_WORDS = 3


def decide(profile: Profile, _data: Data, _file: File) -> Finding | None:
    """Reads a column of sentences. None if its texts are short or repeat."""
    words = sum(len(cell.split()) * count for cell, count in profile.values.items())
    if words <= _FEW_WORDS * profile.count or not identifies_by_text(profile):
        return None
    note = f"is read as words; to leave it out, set data.drop: [{profile.key}]"
    return Finding(free_text(profile), "its values are sentences", [note])


def free_text(profile: Profile) -> ColumnReading:
    """How free text is read."""
    # Every text counts as its words, also one that would mean missing elsewhere.
    return reading_of(profile.column, "text", {}, ())
