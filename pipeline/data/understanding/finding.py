"""Findings: what columns hold."""

from dataclasses import dataclass, field

from pipeline.data.columns.reading import ColumnReading


@dataclass(frozen=True)
class Finding:
    """What a column holds.

    Args:
        reading: how its cells are read; None if it is left out.
        why: the reason, in words that follow the column's name.
        notes: what a user should know.
        doubts: what the user must decide, each with the settings to choose from.
        sentinel: a number that probably means missing.
    """

    reading: ColumnReading | None
    why: str
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    sentinel: float | None = None
