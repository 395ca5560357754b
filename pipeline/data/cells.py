"""Cells of a CSV file: what their text means."""

import re
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from pipeline.data.encoded import OF_NUMBERS, Counts, Texts, finite_numbers

_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)
_INFINITE = frozenset({"inf", "infinity", "1.#inf"})


def is_number(cell: str) -> bool:
    """Whether a cell is a finite number with a decimal point."""
    return _NUMBER.fullmatch(cell) is not None


def plain_numbers(cells: Collection[str]) -> NDArray[np.float64] | None:
    """Reads cells without spaces as finite numbers, fast. None if one is anything else.

    Returns:
        float64 of shape (cells,).
    """
    texts = cells.texts if isinstance(cells, Counts) else cells
    if isinstance(texts, Texts):
        return texts.plain_numbers
    if "".join(texts).encode(errors="replace").translate(None, OF_NUMBERS):
        return None
    return finite_numbers(texts)


def is_infinite(cell: str) -> bool:
    """Whether a cell spells infinity."""
    return cell.strip().lstrip("+-").lower() in _INFINITE


def quoted(cell: str) -> str:
    """A cell as errors quote it: at most 60 characters, in quotes."""
    return repr(cell if len(cell) <= 60 else f"{cell[:57]}…")
