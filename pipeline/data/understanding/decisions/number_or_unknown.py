"""Numbers with words among them that surely mean missing, such as `Unknown`."""

from dataclasses import replace

from pipeline.config.data import Data
from pipeline.data.understanding.decisions import number
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.profile import Profile
from pipeline.data.understanding.wording import listed

# Texts that mean missing among numbers. Among texts they may be levels.
_UNKNOWN = frozenset(
    {"unknown", "unk", "missing", "not available", "not applicable", "not known", "no data"}
    | {"n.a.", "n.d.", "nd", "na", "nil", "undefined", "--", "---", "..", "*"}
)


def decide(profile: Profile, data: Data, file: File) -> Finding | None:
    """Reads numbers among words such as `Unknown`. The words surely mean missing."""
    words = [cell for cell in profile.values if cell.casefold() in _UNKNOWN]
    if not words or len(profile.values) < 4 * len(words):
        return None
    numbers_of = {cell: count for cell, count in profile.values.items() if cell not in words}
    missing = {**profile.missing, **{word: profile.values[word] for word in words}}
    others = replace(profile, values=numbers_of, missing=missing, signs=[*profile.signs, *words])
    finding = number.decide(others, data, file)
    if finding is None or finding.reading is None:
        return finding
    return replace(finding, notes=[*finding.notes, f"reads {listed(words)} as missing"])
