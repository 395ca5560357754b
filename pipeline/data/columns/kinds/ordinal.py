"""Ordered categories: a level becomes its position, from 0."""

from collections.abc import Mapping, Sequence
from typing import Any

EXPECTED = "one of the levels in data.ordinal"


def names(column: str, _settings: Mapping[str, Any]) -> list[str]:
    """One number, with the name of the column."""
    return [column]


def read(cell: str, settings: Mapping[str, Any]) -> Sequence[float] | None:
    """The position of a level.

    Args:
        settings: `order` lists the levels from the lowest to the highest.
    """
    order: Sequence[str] = settings["order"]
    return [float(order.index(cell))] if cell in order else None
