"""Free text: the words of a cell become indicators."""

from collections.abc import Mapping
from typing import Any


def names(_column: str, _settings: Mapping[str, Any]) -> list[str]:
    """A text becomes no number; its words are chosen from training rows."""
    return []


def read(cell: str, _settings: Mapping[str, Any]) -> str:
    """The text itself."""
    return cell
