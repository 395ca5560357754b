"""Texts that name rows."""

from pipeline.config.data import Data
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.identifiers import identifies_by_text
from pipeline.data.understanding.profile import Profile


def decide(profile: Profile, _data: Data, _file: File) -> Finding | None:
    """Leaves out texts that name rows. None if they do not."""
    reason = identifies_by_text(profile)
    return Finding(None, reason) if reason else None
