"""How the cells of one column are read: the facts that `meta.json` and a saved model hold."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ColumnReading:
    """How the cells of one column are read; `pipeline.data.columns.reader` reads them.

    Args:
        column: its name in the CSV.
        kind: the name of a module of `pipeline.data.columns.kinds`.
        names: the names of the numbers that a cell becomes; empty for a category.
        settings: the settings of the kind.
        missing: the texts that stand for a missing value, in addition to an empty cell.
        sentinels: the numbers that stand for a missing value.
    """

    column: str
    kind: str
    names: list[str]
    settings: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    sentinels: list[float] = field(default_factory=list)

    @property
    def takes_text(self) -> bool:
        """Whether a model takes the cells as text: those of a category, or free text."""
        return not self.names

    @property
    def level_of(self) -> dict[str, str]:
        """The level of each text that is not a level itself. A missing value is the level `""`."""
        spellings: dict[str, str] = self.settings.get("spellings", {})
        return dict.fromkeys(self.missing, "") | spellings

    def is_missing(self, cell: str) -> bool:
        """Whether a cell, with or without spaces around it, stands for a missing value."""
        text = cell.strip()
        return not text or text in self.missing
