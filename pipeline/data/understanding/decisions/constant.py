"""Columns with the same value in every row."""

from pipeline.config.data import Data
from pipeline.data.cells import quoted
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.profile import Profile


def decide(profile: Profile, _data: Data, _file: File) -> Finding | None:
    """Leaves out a column with one value. None if it has several, or missing ones."""
    if len(profile.values) > 1 or profile.missing:
        return None
    return Finding(None, f"every row has the same value, {quoted(next(iter(profile.values)))}")
