"""How the cells of one column are read, in `prepare` and by a saved model."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.cells import is_infinite, is_number, quoted
from pipeline.data.missing import SIGNS
from pipeline.errors import DataError
from pipeline.registry import Registry

KINDS = Registry("pipeline.data.columns.kinds", "kind of column")

Place = Callable[[int], str]
OnError = Callable[[int, DataError], None]

_EXPECTED = {
    "number": "a number",
    "ordinal": "one of the levels in data.ordinal",
    "date": "a date",
    "time": "a time such as 17:05 or 00:05:30",
    "numbers": "as many numbers as in the other cells",
}


@dataclass(frozen=True)
class Reading:
    """How the cells of one column are read.

    Args:
        column: its name in the CSV.
        kind: the name of a module of `pipeline.data.columns.kinds`.
        settings: the settings of the kind.
        missing: the texts that stand for a missing value, in addition to an empty cell.
    """

    column: str
    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=lambda: list(SIGNS))

    @property
    def names(self) -> list[str]:
        """The names of the numbers that a cell becomes; empty for a category."""
        names: list[str] = self._module.names(self.column, self.settings)
        return names

    @property
    def is_category(self) -> bool:
        return not self.names

    @property
    def _module(self) -> Any:
        return KINDS.load(self.kind, key="kind of column")

    def is_missing(self, cell: str) -> bool:
        """Whether a cell, with or without spaces around it, stands for a missing value."""
        text = cell.strip()
        return not text or text in self.missing

    @property
    def level_of(self) -> dict[str, str]:
        """The level of each text that is not a level itself. A missing value is the level `""`."""
        spellings: dict[str, str] = self.settings.get("spellings", {})
        return dict.fromkeys(self.missing, "") | spellings

    @property
    def sentinels(self) -> list[float]:
        """The numbers that stand for a missing value."""
        if self.kind != "number":
            return []
        read = [self._module.read(sign, self.settings) for sign in self.missing]
        return [values[0] for values in read if values is not None]

    def levels(self, cells: Sequence[str]) -> list[str]:
        """Reads a category. A missing value is the level `""`."""
        level = {
            cell: "" if self.is_missing(cell) else self._module.read(cell.strip(), self.settings)
            for cell in set(cells)
        }
        return [level[cell] for cell in cells]

    def numbers(
        self, cells: Sequence[str], *, place: Place, on_error: OnError | None = None
    ) -> list[NDArray[np.float64]]:
        """Reads numbers. Missing values are NaN.

        Args:
            place: names the cell of a row in errors.
            on_error: receives the row and the error of a cell that is not of this kind. It is read
                as a missing value. By default the error is raised.

        Returns:
            For each of `names`, an array of shape (rows,).

        Raises:
            DataError: a cell is not of this kind.
        """
        nothing = [math.nan] * len(self.names)
        read: dict[str, Sequence[float] | None] = {
            cell: nothing
            if self.is_missing(cell)
            else self._module.read(cell.strip(), self.settings)
            for cell in set(cells)
        }
        if None in read.values():
            for row, cell in enumerate(cells):
                if read[cell] is None:
                    error = self._error(cell, place(row))
                    if on_error is None:
                        raise error
                    on_error(row, error)
            read = {cell: nothing if value is None else value for cell, value in read.items()}
        table = np.array([read[cell] for cell in cells], dtype=np.float64)
        return list(table.reshape(len(cells), len(nothing)).T)

    def _error(self, cell: str, place: str) -> DataError:
        if self.kind == "number" and (is_number(cell) or is_infinite(cell)):
            return DataError(
                f"{place}: the value is infinite",
                received=quoted(cell),
                expected="Expected: a finite number",
            )
        return DataError(
            f"{place}: the value is not {_EXPECTED[self.kind].partition(' such')[0]}",
            received=quoted(cell),
            expected=f"Expected: {_EXPECTED[self.kind]}, or an empty cell for a missing value",
        )
