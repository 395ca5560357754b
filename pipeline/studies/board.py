"""The board of a study: a live table, or a line for each finished trial."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

from rich.console import Console, OverflowMethod
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pipeline.config.labels import short
from pipeline.config.variations import REPETITIONS
from pipeline.console import is_animated, log, table_console
from pipeline.fitted_table import FittedTable
from pipeline.studies.choice import configurations
from pipeline.studies.objective import Objective
from pipeline.studies.outcome import ENDED, Outcome, Status, best, latest

# Lines that are not rows: title, caption, borders, three lines of heading, and the cursor's line.
FRAME = 9
_STATUS_WIDTH = 8  # characters of FINISHED
_POLL_SECONDS = 0.5
_STYLES = {Status.FINISHED: "green", Status.FAILED: "bold red", Status.RUNNING: "cyan"}


@dataclass
class Board:
    """Shows the outcomes of a study while its block runs.

    Args:
        name: the experiment.
        title: the title of the table.
        trials: the number of trials in the study.
        settings: the settings that vary.
    """

    name: str
    title: str
    trials: int
    settings: Sequence[str]
    objective: Objective | None
    _logged: set[tuple[int, int | None]] = field(default_factory=set)
    _live: Live | None = None
    _console: Console = field(init=False)

    def __post_init__(self) -> None:
        self._console = table_console(stderr=True)

    def __enter__(self) -> "Board":
        if is_animated():
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, outcomes: Sequence[Outcome]) -> None:
        """Updates the live table, or logs the outcomes that are new."""
        if self._live is not None:
            rows = most_informative(latest(outcomes), max(1, self._console.height - FRAME))
            self._live.update(self._table(outcomes, rows, one_line=True), refresh=True)
            return
        for outcome in _ended(outcomes):
            key = (outcome.trial.number, outcome.trial.pause_at)
            if key not in self._logged:
                self._logged.add(key)
                self._log(outcome)

    def summarise(self, outcomes: Sequence[Outcome]) -> None:
        """Prints the table of all trials."""
        self.print(self._table(outcomes, latest(outcomes), one_line=False))

    def print(self, table: Table) -> None:
        """Prints a table below the board."""
        self._console.print(table)

    def _log(self, outcome: Outcome) -> None:
        count = len({number for number, _ in self._logged})
        trial = outcome.trial
        status, objective, epochs, seconds = _cells(outcome)
        parts = [f"{count}/{self.trials}", f"trial {trial.number}", trial.label, status, objective]
        if outcome.epochs:
            parts.append(f"{epochs} epochs in {seconds} s")
        log(f"{self.name}: {'  '.join(part for part in parts if part)}")

    def _table(
        self, outcomes: Sequence[Outcome], rows: Sequence[Outcome], *, one_line: bool
    ) -> Table:
        ended = _ended(outcomes)
        leaders, caption = self._leaders(ended)
        count = len({outcome.trial.number for outcome in ended})
        table = trial_table(
            f"{self.title}: {count} of {self.trials} trials",
            self.settings,
            (self.objective.metric if self.objective else "objective", "epochs", "seconds"),
            one_line=one_line,
        )
        table.caption = caption
        for outcome in rows:
            values = outcome.trial.values
            settings = [short(values[name]) if name in values else "" for name in self.settings]
            status, *measured = _cells(outcome)
            style = "bold green" if outcome in leaders else _STYLES.get(outcome.status, "dim")
            number, state = str(outcome.trial.number), Text(status, no_wrap=one_line)
            table.add_row(number, *settings, state, *measured, style=style)
        return table

    def _leaders(self, ended: Sequence[Outcome]) -> tuple[Sequence[Outcome], str | None]:
        """The best trial so far, or all trials of the best configuration, and a caption."""
        if self.objective is None:
            return [], None
        if not set(REPETITIONS).isdisjoint(self.settings):
            ranked = configurations(latest(ended), self.objective.direction)
            if not ranked:
                return [], None
            leaders = ranked[0].outcomes
            numbers = ", ".join(str(outcome.trial.number) for outcome in leaders)
            return leaders, f"best mean: trials {numbers}, {ranked[0].mean:.4f}"
        leader = best(ended, self.objective.direction)
        if leader is None:
            return [], None
        return [leader], f"best: trial {leader.trial.number}, {leader.objective:.4f}"


@contextmanager
def watching(board: Board, read: Callable[[], Sequence[Outcome]]) -> Iterator[None]:
    """Shows what `read` returns twice a second, and at the end of the block."""
    end = Event()

    def watch() -> None:
        while not end.wait(_POLL_SECONDS):
            board.show(read())

    thread = Thread(target=watch, daemon=True)
    with board:
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()
            board.show(read())


def trial_table(
    title: str, settings: Sequence[str], measured: Sequence[str], *, one_line: bool
) -> Table:
    """An empty table with the columns `trial`, `settings`, `status` and `measured`.

    Args:
        one_line: whether to cut cells that are too wide, the status first, so that the table fits
            a terminal. Otherwise their text is wrapped. Seconds and epochs are left out before.
    """
    table = FittedTable(
        title=title,
        title_justify="left",
        caption_justify="left",
        drop=("seconds", "epochs"),
        keep=("trial", "status", _heading(measured[0])),
    )
    table.add_column("trial", justify="right", no_wrap=one_line)
    add_settings(table, settings, one_line=one_line)
    overflow: OverflowMethod = "ellipsis" if one_line else "fold"
    table.add_column("status", overflow=overflow, min_width=_STATUS_WIDTH)
    for name in measured:
        heading = _heading(name)
        table.add_column(heading, justify="right", no_wrap=one_line, overflow="fold")
    return table


def _heading(metric: str) -> str:
    """The name of a metric, broken at the slashes."""
    return metric.replace("/", "/\n")


def add_settings(table: Table, settings: Sequence[str], *, one_line: bool = False) -> None:
    """Adds a column for each setting, with its name broken at the dots."""
    overflow: OverflowMethod = "ellipsis" if one_line else "fold"
    for name in settings:
        table.add_column(name.replace(".", ".\n"), no_wrap=one_line, overflow=overflow)


def most_informative(outcomes: Sequence[Outcome], rows: int) -> list[Outcome]:
    """The most important outcomes, by number.

    They are chosen in this order: running, failed, ended last, waiting next.
    """
    order = {Status.RUNNING: 0, Status.FAILED: 1, Status.FINISHED: 2, Status.PAUSED: 2}

    def rank(outcome: Outcome) -> tuple[int, int]:
        number = outcome.trial.number
        waits = outcome.status is Status.WAITING
        return order.get(outcome.status, 3), number if waits else -number

    return sorted(sorted(outcomes, key=rank)[:rows], key=lambda outcome: outcome.trial.number)


def _ended(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.status in ENDED]


def _cells(outcome: Outcome) -> tuple[str, str, str, str]:
    """Status, objective, epochs and seconds. Cells without a value are empty."""
    status = f"{outcome.status}: {outcome.reason}" if outcome.reason else str(outcome.status)
    objective = "" if outcome.objective is None else f"{outcome.objective:.4f}"
    epochs = f"{outcome.epochs:g}" if outcome.epochs else ""
    return status, objective, epochs, f"{outcome.seconds:.1f}" if outcome.seconds else ""
