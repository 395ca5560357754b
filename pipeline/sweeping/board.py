"""The table of a sweep while it runs: live on a terminal, a line for each ended trial elsewhere."""

import sys
from threading import Event, Thread
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from pipeline.config.sweep import Grid
from pipeline.errors import tell
from pipeline.sweeping.journal import FAILED, FINISHED, RUNNING, Journal, Standing

_SECONDS_BETWEEN_LOOKS = 0.5
_MOST_ROWS = 30  # of a live table: what does not fit a terminal cannot be drawn again
_STYLES = {FINISHED: "green", FAILED: "bold red", RUNNING: "cyan"}


class Board:
    """Shows how the trials of a journal stand, from the beginning of a block to its end."""

    def __init__(self, grid: Grid, journal: Journal) -> None:
        self._grid, self._journal = grid, journal
        self._told: set[int] = set()
        self._over = Event()
        self._live: Live | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> "Board":
        if sys.stderr.isatty():
            rate = 1 / _SECONDS_BETWEEN_LOOKS
            self._live = Live(get_renderable=self._table, console=Console(stderr=True), refresh_per_second=rate)
            self._live.start()
        else:
            self._thread = Thread(target=self._tell_until_over, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._over.set()
        if self._live is not None:
            self._live.stop()
        if self._thread is not None:
            self._thread.join()

    def _standings(self) -> list[Standing]:
        return [self._journal.read(number) for number in range(len(self._grid.trials))]

    def _table(self) -> Table:
        standings = self._standings()
        ended = sum(standing.status in (FINISHED, FAILED) for standing in standings)
        table = Table(
            title=f"{self._grid.name}, sweep {self._grid.sweep_id}: {ended} of {len(standings)} trials", title_justify="left"
        )
        for heading in ("trial", "settings", "status", "objective", "seconds"):
            table.add_column(heading, justify="right" if heading in ("trial", "objective", "seconds") else "left")
        shown = standings if len(standings) <= _MOST_ROWS else _most_telling(standings)
        for standing in shown:
            table.add_row(*_cells(standing, self._grid), style=_STYLES.get(standing.status, "dim"))
        return table

    def _tell_until_over(self) -> None:
        while not self._over.wait(_SECONDS_BETWEEN_LOOKS):
            self._tell_news()
        self._tell_news()

    def _tell_news(self) -> None:
        for standing in self._standings():
            if standing.status in (FINISHED, FAILED) and standing.number not in self._told:
                self._told.add(standing.number)
                number, label, status, objective, seconds = _cells(standing, self._grid)
                count = f"{len(self._told)}/{len(self._grid.trials)}"
                tell(f"{self._grid.name}: {count}  trial {number}  {label}  {status}  {objective}  {seconds} s")


def _cells(standing: Standing, grid: Grid) -> tuple[str, str, str, str, str]:
    objective = "" if standing.objective is None else f"{standing.objective:.4f}"
    status = f"{standing.status}: {standing.reason}" if standing.reason else standing.status
    seconds = f"{standing.seconds:.1f}" if standing.seconds else ""
    return str(standing.number), grid.trials[standing.number].label, status, objective, seconds


def _most_telling(standings: list[Standing]) -> list[Standing]:
    """What runs or failed, and the last that ended, in order."""
    order = {RUNNING: 0, FAILED: 1, FINISHED: 2}
    telling = sorted(standings, key=lambda standing: (order.get(standing.status, 3), -standing.number))
    return sorted(telling[:_MOST_ROWS], key=lambda standing: standing.number)
