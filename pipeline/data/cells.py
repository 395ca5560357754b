"""Cells of a CSV file: what their text means."""

import math
import re
from collections.abc import Sequence

_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)
_OF_NUMBERS = frozenset("0123456789+-.eE")
_INFINITE = frozenset({"inf", "infinity", "1.#inf"})


def is_number(cell: str) -> bool:
    """Whether a cell is a finite number with a decimal point."""
    return _NUMBER.fullmatch(cell) is not None


def plain_numbers(cells: Sequence[str]) -> list[float] | None:
    """Reads cells without spaces as finite numbers, fast. None if one is anything else."""
    if not set("".join(cells)) <= _OF_NUMBERS:
        return None
    try:
        values = list(map(float, cells))
    except ValueError:
        return None
    return values if all(map(math.isfinite, values)) else None


def is_infinite(cell: str) -> bool:
    """Whether a cell spells infinity."""
    return cell.strip().lstrip("+-").lower() in _INFINITE


def quoted(cell: str) -> str:
    """A cell as errors quote it: at most 60 characters, in quotes."""
    return repr(cell if len(cell) <= 60 else f"{cell[:57]}…")
