"""The table of a search: it grows on a terminal, and is a line for each ended trial elsewhere."""

import sys
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from pipeline.config.search import Objective
from pipeline.errors import tell
from pipeline.searching.journal import FAILED, FINISHED, Record
from pipeline.searching.search import OWN, best, latest

_MOST_ROWS = 30  # of a live table: what does not fit a terminal cannot be drawn again
_STYLES = {FINISHED: "green", FAILED: "bold red"}
_WIDTH = 160  # where no terminal says its own


class Board:
    """Shows the records of a search, from the beginning of a block to its end."""

    def __init__(self, title: str, trials: int, objective: Objective) -> None:
        self._title, self._trials, self._objective = title, trials, objective
        self._records: list[Record] = []
        self._live = Live(console=Console(stderr=True), auto_refresh=False) if sys.stderr.isatty() else None

    def __enter__(self) -> "Board":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.update("", refresh=True)
            self._live.stop()

    def hear(self, record: Record) -> None:
        """Adds a record."""
        self._records.append(record)
        if self._live is not None:
            self._live.update(self._table(latest(self._records)[-_MOST_ROWS:]), refresh=True)
        else:
            tell(f"{self._title}: {'  '.join(cell for cell in self._cells(record) if cell)}")

    def summarise(self) -> None:
        """Prints the whole table."""
        Console(stderr=True, width=None if sys.stderr.isatty() else _WIDTH).print(self._table(latest(self._records)))

    def _table(self, records: Sequence[Record]) -> Table:
        found = best(self._records, self._objective)
        begun = len({record.number for record in self._records})
        caption = f"{begun} of {self._trials} trials" + ("" if found is None else f", the best: {found.number}")
        table = Table(title=self._title, title_justify="left", caption=caption, caption_justify="left")
        for heading in ("trial", "settings", "status", str(self._objective.metric), "epochs", "seconds"):
            table.add_column(heading, justify="left" if heading in ("settings", "status") else "right")
        for record in records:
            style = "bold green" if record is found else _STYLES.get(record.status, "dim")
            table.add_row(*self._cells(record), style=style)
        return table

    def _cells(self, record: Record) -> tuple[str, ...]:
        status = f"{record.status}: {record.reason}" if record.reason else record.status
        objective = "" if record.objective is None else f"{record.objective:.4f}"
        return str(record.number), _shown(record), status, objective, f"{record.epochs:g}", f"{record.seconds:.1f}"


def _shown(record: Record) -> str:
    """The searched settings, with few digits."""
    values = {name: value for name, value in record.values.items() if not name.startswith(OWN)}
    return " ".join(f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in values.items())
