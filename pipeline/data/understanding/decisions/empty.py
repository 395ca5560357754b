"""Columns without a value."""

from pipeline.config.data import Data
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.profile import Profile


def decide(profile: Profile, _data: Data, _file: File) -> Finding | None:
    """Leaves out a column without a value. None if it has one."""
    return None if profile.values else Finding(None, "it has no value")
