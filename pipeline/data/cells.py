"""Cells of a CSV file: what their text means."""

import re

_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)
_INFINITE = frozenset({"inf", "infinity"})


def is_number(cell: str) -> bool:
    """Whether a cell is a finite number with a decimal point."""
    return _NUMBER.fullmatch(cell) is not None


def is_infinite(cell: str) -> bool:
    """Whether a cell spells infinity."""
    return cell.strip().lstrip("+-").lower() in _INFINITE


def without_commas(cell: str) -> str:
    """A cell without thousands separators or decimal commas."""
    return cell.replace(",", "")


def quoted(cell: str) -> str:
    """A cell as errors quote it: at most 60 characters, in quotes."""
    return repr(cell if len(cell) <= 60 else f"{cell[:57]}…")
