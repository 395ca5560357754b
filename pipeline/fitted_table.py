"""Tables for terminals of any width."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Column, Table

_UNLIMITED = 10_000  # characters
_NARROWEST = 3  # characters of a column


class FittedTable(Table):
    """A table that leaves out columns where the terminal is too narrow for them.

    If the others are still too wide, the widest get narrower. Their cells are wrapped or cut, as
    the `overflow` of their column says. Without this, Rich cuts off the right end of the table.

    Args:
        drop: headings of columns that may be left out; the first is the first to go.
        keep: headings of columns that stay as wide as their content.
        options: those of `rich.table.Table`.
    """

    def __init__(
        self, *headings: str, drop: Sequence[str] = (), keep: Sequence[str] = (), **options: Any
    ) -> None:
        super().__init__(*headings, **options)
        self._drop, self._keep = drop, keep

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table with the columns that fit."""
        columns, droppable = self._sized(console, options), list(self._drop)

        def excess() -> int:
            widths = [replace(sized.column, width=sized.width) for sized in columns]
            unlimited = options.update_width(_UNLIMITED)
            return (
                self._with(widths).__rich_measure__(console, unlimited).maximum - options.max_width
            )

        while excess() > 0 and droppable:
            heading = droppable.pop(0)
            columns = [sized for sized in columns if sized.column.header != heading]
        too_wide = excess()
        visible = _narrowed(columns, too_wide) if too_wide > 0 else [one.column for one in columns]
        yield from Table.__rich_console__(self._with(visible), console, options)

    def _sized(self, console: Console, options: ConsoleOptions) -> list["_Sized"]:
        return [
            _Sized.of(column, console, options, keep=column.header in self._keep)
            for column in self.columns
        ]

    def _with(self, columns: Sequence[Column]) -> "FittedTable":
        table = copy(self)
        table.columns = [replace(column, _index=index) for index, column in enumerate(columns)]
        return table


@dataclass
class _Sized:
    """A column with its width in characters.

    Args:
        width: enough to break no word, and to wrap nothing in a column with `no_wrap`.
        floors: the least width in each of three stages. The first stage cuts no word.
    """

    column: Column
    width: int
    floors: tuple[int, int, int]

    @classmethod
    def of(
        cls, column: Column, console: Console, options: ConsoleOptions, *, keep: bool
    ) -> "_Sized":
        unlimited = options.update_width(_UNLIMITED)
        cells = [column.header, *column.cells, column.footer]
        sizes = [Measurement.get(console, unlimited, cell) for cell in cells]
        word = max(size.minimum for size in sizes)
        whole = max(size.maximum for size in sizes) if column.no_wrap else word
        width = max(whole, column.min_width or 0)
        cut = column.overflow == "ellipsis"
        first = width if keep else min(width, _NARROWEST if cut else word)
        return cls(column, width, (first, width if keep else _NARROWEST, _NARROWEST))


def _narrowed(columns: Sequence[_Sized], excess: int) -> list[Column]:
    """The columns with fixed widths. Together they are narrower by `excess` characters."""
    widths = [one.width for one in columns]
    for stage in range(3):
        floors = [one.floors[stage] for one in columns]
        for _ in range(excess):
            spare = [place for place, floor in enumerate(floors) if widths[place] > floor]
            if not spare:
                break
            widths[max(spare, key=widths.__getitem__)] -= 1
            excess -= 1
    return [
        replace(one.column, width=width, no_wrap=one.column.overflow == "ellipsis")
        for one, width in zip(columns, widths, strict=True)
    ]
