"""Cells of several numbers, such as coordinates."""

import re

from pipeline.config.data import Data
from pipeline.data.arrays import guessed_shape
from pipeline.data.columns.kinds import numbers
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.numbers import example
from pipeline.data.understanding.profile import Profile

_PIXELS = 16
_CODE = re.compile(r"(?:\+|0\d)[\d ]*")


def decide(profile: Profile, _data: Data, _file: File) -> Finding | None:
    """Reads cells of several numbers. None if cells hold one, or different counts."""
    cells = [numbers.split(cell) for cell in profile.values]
    counts = {len(cell_numbers) if cell_numbers else 0 for cell_numbers in cells}
    if len(counts) > 1 or counts <= {0, 1}:
        return None
    if any(map(_is_code, profile.values)):
        return None
    (count,) = counts
    if count >= _PIXELS:
        shape = "" if guessed_shape(count) else "image_shape: [height, width, channels] and "
        doubt = (
            f"each cell holds {count:,} numbers. If they are the pixels of an image, set "
            f"{shape}pixels: {profile.key} in the source's settings; else list it under "
            "data.drop"
        )
        return Finding(profile.reading("numbers", {"count": count}), "", doubts=[doubt])
    reading = profile.reading("numbers", {"count": count})
    why = f"each cell holds {count} numbers, such as {example(profile.values)}"
    return Finding(reading, why, [f"becomes {', '.join(reading.names)}"])


def _is_code(cell: str) -> bool:
    """Whether groups of digits are a code or a telephone number, such as `+49 30 123456`."""
    return _CODE.fullmatch(cell) is not None
