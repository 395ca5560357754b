"""The table of a search: it grows on a terminal, and is a line for each ended trial elsewhere."""

import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pipeline.console import log
from pipeline.studies.explore import OWN, Proposal, best, latest
from pipeline.studies.search_journal import FAILED, FINISHED, Record
from pipeline.studies.space import Objective
from pipeline.studies.table import FRAME, trial_table

_STYLES = {FINISHED: "green", FAILED: "bold red"}
_WIDTH = 160  # where no terminal says its own


class Board:
    """Shows the records of a search, from the beginning of a block to its end."""

    def __init__(
        self, title: str, trials: int, objective: Objective, settings: Sequence[str]
    ) -> None:
        self._title, self._trials, self._objective, self._settings = (
            title,
            trials,
            objective,
            settings,
        )
        self._records: list[Record] = []
        self._running: Proposal | None = None
        self._console = Console(stderr=True, width=None if sys.stderr.isatty() else _WIDTH)
        self._live = (
            Live(console=self._console, auto_refresh=False) if sys.stderr.isatty() else None
        )

    def __enter__(self) -> "Board":
        if self._live is not None:
            self._live.start()
            self._draw(self._live)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.update("", refresh=True)
            self._live.stop()

    def begin(self, proposal: Proposal) -> None:
        """Shows what is trained now."""
        self._running = proposal
        if self._live is not None:
            self._draw(self._live)

    def hear(self, record: Record) -> None:
        """Adds a record."""
        self._records.append(record)
        self._running = None
        if self._live is not None:
            self._draw(self._live)
        else:
            facts = (str(record.number), _label(record), *self._facts(record))
            log(f"{self._title}: {'  '.join(fact for fact in facts if fact)}")

    def summarise(self) -> None:
        """Prints the whole table."""
        self._console.print(self._table(latest(self._records)))

    def _draw(self, live: Live) -> None:
        """As many rows as the terminal has lines for: what does not fit it cannot be drawn again."""
        table = self._table(
            latest(self._records)[-max(1, self._console.height - FRAME - 1) :], one_line=True
        )
        if self._running is not None:
            table.add_row(
                str(self._running.number),
                *self._values(self._running.settings),
                "RUNNING",
                style="cyan",
            )
        live.update(table, refresh=True)

    def _table(self, records: Sequence[Record], *, one_line: bool = False) -> Table:
        found = best(self._records, self._objective)
        begun = len({record.number for record in self._records})
        table = trial_table(
            self._title,
            self._settings,
            (str(self._objective.metric), "epochs", "seconds"),
            one_line=one_line,
        )
        table.caption = f"{begun} of {self._trials} trials" + (
            "" if found is None else f", the best: {found.number}"
        )
        for record in records:
            style = "bold green" if record is found else _STYLES.get(record.status, "dim")
            status, *measured = self._facts(record)
            values = self._values(record.values)
            table.add_row(
                str(record.number), *values, Text(status, no_wrap=one_line), *measured, style=style
            )
        return table

    def _values(self, values: Mapping[str, Any]) -> list[str]:
        """The value of each setting; nothing for one that the trial does not have."""
        return [_short(values[name]) if name in values else "" for name in self._settings]

    def _facts(self, record: Record) -> tuple[str, ...]:
        status = f"{record.status}: {record.reason}" if record.reason else record.status
        objective = "" if record.objective is None else f"{record.objective:.4f}"
        return status, objective, f"{record.epochs:g}", f"{record.seconds:.1f}"


def _label(record: Record) -> str:
    return " ".join(
        f"{name}={_short(value)}"
        for name, value in record.values.items()
        if not name.startswith(OWN)
    )


def _short(value: Any) -> str:
    """A value with few digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
