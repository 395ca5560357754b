"""Codes: digits with leading zeros."""

from pipeline.config.data import Data
from pipeline.data.understanding.decisions import category
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.identifiers import identifies_by_text
from pipeline.data.understanding.numbers import have_leading_zeros
from pipeline.data.understanding.profile import Profile


def decide(profile: Profile, data: Data, file: File) -> Finding | None:
    """Reads a column of codes as categories. None if no value begins with a zero."""
    if not have_leading_zeros(profile.values) or not all(map(str.isdigit, profile.values)):
        return None
    reason = identifies_by_text(profile)
    if reason:
        return Finding(None, f"it holds codes with leading zeros, and {reason}")
    finding = category.decide(profile, data, file)
    return Finding(finding.reading, "it holds codes with leading zeros", finding.notes)
