"""Facts about the file that a column is in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """Facts about the file that a column is in.

    Args:
        delimiter: the character between two cells.
        decimal: the decimal sign that the source's settings give; None for none.
        thousands: the same for the sign between thousands.
        evidence: the decimal signs of the columns that have only one.
        sentinels: the numbers that probably mean missing in some column.
    """

    delimiter: str = ","
    decimal: str | None = None
    thousands: str | None = None
    evidence: frozenset[str] = frozenset()
    sentinels: frozenset[float] = frozenset()
