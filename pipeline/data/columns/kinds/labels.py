"""Lists of labels in one cell, such as `action|comedy`: a cell becomes 0 or 1 for each label."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_QUOTED = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)"|([^,]*))\s*(?:,|$)""")
_BRACKETS = ("[]", "()", "{}")

EXPECTED = "a list of labels"


def names(column: str, settings: Mapping[str, Any]) -> list[str]:
    """One number for each label, such as `genres=comedy`."""
    return [f"{column}={label}" for label in settings["labels"]]


def read(cell: str, settings: Mapping[str, Any]) -> Sequence[float]:
    """Whether the cell holds each label: 1 or 0. Other labels change nothing.

    Args:
        settings: `labels`; `separator`, the text between two of them; and `spellings`, the label
            that another text means.
    """
    spellings: Mapping[str, str] = settings.get("spellings", {})
    own = {spellings.get(label, label) for label in split(cell, settings["separator"])}
    return [float(label in own) for label in settings["labels"]]


def split(cell: str, separator: str) -> list[str]:
    """The labels of a cell, each once.

    A cell in brackets is a list of Python or JSON. Commas separate its labels.
    """
    if has_brackets(cell):
        parts = ["".join(match) for match in _QUOTED.findall(cell[1:-1])]
    else:
        parts = cell.split(separator)
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def has_brackets(cell: str) -> bool:
    """Whether a cell is written as a list of Python or JSON."""
    return cell[:1] + cell[-1:] in _BRACKETS
