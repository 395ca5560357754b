"""The table of a sweep while it runs: live on a terminal, a line for each ended trial elsewhere."""

import sys
from threading import Event, Thread
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pipeline.console import log
from pipeline.studies import summary
from pipeline.studies.grid import Grid
from pipeline.studies.sweep_journal import FAILED, FINISHED, RUNNING, Journal, Standing
from pipeline.studies.table import FRAME, trial_table

_SECONDS_BETWEEN_LOOKS = 0.5
_STYLES = {FINISHED: "green", FAILED: "bold red", RUNNING: "cyan"}


class Board:
    """Shows how the trials of a journal stand, from the beginning of a block to its end."""

    def __init__(self, grid: Grid, journal: Journal) -> None:
        self._grid, self._journal = grid, journal
        self._told: set[int] = set()
        self._over = Event()
        self._console = Console(stderr=True)
        self._live: Live | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> "Board":
        if sys.stderr.isatty():
            rate = 1 / _SECONDS_BETWEEN_LOOKS
            self._live = Live(
                get_renderable=self._table, console=self._console, refresh_per_second=rate
            )
            self._live.start()
        else:
            self._thread = Thread(target=self._tell_until_over, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._live is not None:
            self._live.stop()
        if self._thread is not None:
            self._thread.join()

    def _standings(self) -> list[Standing]:
        return [self._journal.read(number) for number in range(len(self._grid.trials))]

    def _table(self) -> Table:
        """As many rows as the terminal has lines for: what does not fit it cannot be drawn again."""
        standings = self._standings()
        ended = sum(standing.status in (FINISHED, FAILED) for standing in standings)
        title = (
            f"{self._grid.name}, sweep {self._grid.sweep_id}: {ended} of {len(standings)} trials"
        )
        measured = (objective_name(self._grid), "seconds")
        table = trial_table(title, list(self._grid.trials[0].choices), measured, one_line=True)
        for standing in most_telling(standings, max(1, self._console.height - FRAME)):
            status, objective, seconds = _facts(standing)
            choices = self._grid.trials[standing.number].choices.values()
            style = _STYLES.get(standing.status, "dim")
            table.add_row(
                str(standing.number),
                *choices,
                Text(status, no_wrap=True),
                objective,
                seconds,
                style=style,
            )
        if self._grid.objective and (
            best := summary.best(standings, self._grid.objective.direction)
        ):
            table.caption = f"the best so far: trial {best.number}, {best.objective:.4f}"
        return table

    def _tell_until_over(self) -> None:
        while not self._over.wait(_SECONDS_BETWEEN_LOOKS):
            self._tell_news()
        self._tell_news()

    def _tell_news(self) -> None:
        for standing in self._standings():
            if standing.status in (FINISHED, FAILED) and standing.number not in self._told:
                self._told.add(standing.number)
                status, objective, seconds = _facts(standing)
                label = self._grid.trials[standing.number].label
                count = f"{len(self._told)}/{len(self._grid.trials)}"
                log(
                    f"{self._grid.name}: {count}  trial {standing.number}  {label}  {status}  {objective}  {seconds} s"
                )


def objective_name(grid: Grid) -> str:
    """What the trials are compared by."""
    return "objective" if grid.objective is None else grid.objective.metric


def _facts(standing: Standing) -> tuple[str, str, str]:
    objective = "" if standing.objective is None else f"{standing.objective:.4f}"
    status = f"{standing.status}: {standing.reason}" if standing.reason else standing.status
    return status, objective, f"{standing.seconds:.1f}" if standing.seconds else ""


def most_telling(standings: list[Standing], rows: int) -> list[Standing]:
    """What runs or failed, the last that ended, and what comes next: as many as there are rows, in order."""
    order = {RUNNING: 0, FAILED: 1, FINISHED: 2}

    def rank(standing: Standing) -> tuple[int, int]:
        waits = standing.status not in order
        return order.get(standing.status, 3), standing.number if waits else -standing.number

    return sorted(sorted(standings, key=rank)[:rows], key=lambda standing: standing.number)
