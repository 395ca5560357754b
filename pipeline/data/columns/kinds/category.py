"""Categories: each different text is a level."""

from collections.abc import Mapping
from typing import Any


def names(_column: str, _settings: Mapping[str, Any]) -> list[str]:
    """A category becomes no number."""
    return []


def read(cell: str, settings: Mapping[str, Any]) -> str:
    """The level of a cell.

    Args:
        settings: `spellings` gives the level of a text that is not a level itself.
    """
    spellings: Mapping[str, str] = settings.get("spellings", {})
    return spellings.get(cell, cell)
