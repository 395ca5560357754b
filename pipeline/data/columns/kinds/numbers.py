"""Several numbers in one cell, such as `48.1, 11.5`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.data.cells import is_number

_BETWEEN = re.compile(r"\s*[;,|]\s*|\s+")

EXPECTED = "as many numbers as in the other cells"


def names(column: str, settings: Mapping[str, Any]) -> list[str]:
    """`place 1`, `place 2`, and so on for a column `place`."""
    return [f"{column} {number}" for number in range(1, settings["count"] + 1)]


def read(cell: str, settings: Mapping[str, Any]) -> Sequence[float] | None:
    """The numbers of a cell.

    Args:
        settings: `count`, how many there are.
    """
    values = split(cell)
    return values if values is not None and len(values) == settings["count"] else None


def split(cell: str) -> list[float] | None:
    """The numbers of a cell, with or without brackets around them. None if there is other text."""
    inner = cell[1:-1] if cell[:1] + cell[-1:] in ("()", "[]", "{}") else cell
    parts = _BETWEEN.split(inner.strip())
    return [float(part) for part in parts] if all(map(is_number, parts)) else None
