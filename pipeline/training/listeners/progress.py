"""Shows the progress of a training on stderr: epoch, time left and metrics.

On a terminal it is one line that moves. It holds what fits: first the name, the epoch and the time
left, then metrics, the speed, and a bar. In a notebook it is one line that changes. Elsewhere it is
a plain line every few seconds.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pipeline.console import is_animated, log, overwrite
from pipeline.runs.history import Point
from pipeline.training.listener import Listener
from pipeline.training.listeners.metric_words import in_words
from pipeline.training.listeners.time_left import TimeLeft, in_minutes
from pipeline.training.schedule import Schedule

_OFTEN = 0.5  # seconds
_SHORTEST_BAR, _LONGEST_BAR = 8, 40  # characters
_GAP = "  "


class TerminalProgress(Listener):
    """One line that moves with the steps."""

    def __init__(
        self,
        name: str,
        schedule: Schedule,
        *,
        console: Console,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._schedule, self._clock = name, schedule, clock
        self._time_left = TimeLeft(schedule)
        self._step = 0
        self._metrics: Mapping[str, float] = {}
        self._point: Point | None = None
        self._point_at = 0.0
        self._ended = False
        self._live = Live(self, console=console, refresh_per_second=4)
        self._live.start()

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """The line in the width of the terminal."""
        line = self._words(options.max_width)
        bar = min(_LONGEST_BAR, options.max_width - line.cell_len - len(_GAP))
        if bar < _SHORTEST_BAR or self._ended:
            yield line
            return
        row = Table.grid(padding=(0, len(_GAP)))
        row.add_row(line, ProgressBar(total=self._schedule.total, completed=self._step, width=bar))
        yield row

    def _words(self, width: int) -> Text:
        """The line without its bar."""
        epochs = self._schedule.epochs
        epoch = min(self._step / self._schedule.steps_per_epoch, epochs)
        facts = [f"epoch {_count(round(epoch, 1))}/{_count(epochs)}", self._time()]
        tail = "".join(f"{_GAP}{fact}" for fact in facts if fact)
        line = Text(self._name, no_wrap=True, overflow="ellipsis")
        line.truncate(max(1, width - len(tail)), overflow="ellipsis")
        line.stylize("bold")
        line.append(tail)
        speed = self._point.examples_per_second if self._point else 0.0
        room = width - line.cell_len - len(_GAP)
        more = [in_words(self._metrics, width=room), f"{speed:,.0f} examples/s" if speed else ""]
        for words in filter(None, more):
            if line.cell_len + len(_GAP) + len(words) <= width:
                line.append(f"{_GAP}{words}")
        return line

    def _time(self) -> str:
        """The time left, counted down since the last point; at the end the time of training."""
        if self._ended:
            return f"in {in_minutes(self._point.seconds)}" if self._point else ""
        seconds = self._time_left.seconds
        if seconds is None:
            return ""
        return f"{in_minutes(max(0.0, seconds - self._clock() + self._point_at))} left"

    def on_begin(self, history: Sequence[Point]) -> None:
        """Starts from the last point of an earlier process."""
        for point in history[-1:]:
            self._show(point)

    def on_step(self, step: int, means: dict[str, float]) -> None:
        """Moves the bar. Before the first evaluation it shows the mean loss of the segment."""
        self._step = step
        if self._point is None:
            self._metrics = {f"running/{name}": mean for name, mean in means.items()}

    def on_point(self, point: Point) -> None:
        self._time_left.add(point)
        self._show(point)

    def _show(self, point: Point) -> None:
        self._step, self._metrics, self._point = point.step, point.metrics, point
        self._point_at = self._clock()

    def on_end(self) -> None:
        self._ended = True
        self._live.stop()


class LineProgress(Listener):
    """Writes a line at most every `interval` seconds, and one for the last point."""

    def __init__(
        self,
        name: str,
        schedule: Schedule,
        *,
        write: Callable[[str], None] = log,
        interval: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._schedule = name, schedule
        self._write, self._interval, self._clock = write, interval, clock
        self._time_left = TimeLeft(schedule)
        self._written_at = -interval + clock()
        self._pending: Point | None = None

    def on_point(self, point: Point) -> None:
        self._time_left.add(point)
        self._pending = point
        if self._clock() - self._written_at >= self._interval:
            self._write_pending()

    def on_end(self) -> None:
        self._write_pending()

    def _write_pending(self) -> None:
        if self._pending is not None:
            self._write(
                f"{self._name}: {line(self._pending, self._schedule, self._time_left.seconds)}"
            )
            self._pending = None
            self._written_at = self._clock()


class NotebookProgress(LineProgress):
    """Writes each line over the one before it, because a long training would flood the output."""

    def __init__(self, name: str, schedule: Schedule) -> None:
        super().__init__(name, schedule, write=overwrite, interval=_OFTEN)

    def on_end(self) -> None:
        super().on_end()
        log("")


def line(point: Point, schedule: Schedule, seconds: float | None) -> str:
    """Puts a point into words: `epoch 3/20  0:12 left  validation loss 0.41  …`.

    Args:
        seconds: to the end; None if they are not known.
    """
    parts = [f"epoch {_count(point.epoch)}/{_count(schedule.epochs)}"]
    if seconds:
        parts.append(f"{in_minutes(seconds)} left")
    parts.append(in_words(point.metrics))
    if point.examples_per_second:
        parts.append(f"{point.examples_per_second:,.0f} examples/s")
    return _GAP.join(parts)


def _count(epochs: float) -> str:
    return f"{epochs:.2f}".rstrip("0").rstrip(".")


def progress(name: str, schedule: Schedule) -> Listener:
    """The form of progress that suits stderr."""
    if is_animated():
        return TerminalProgress(name, schedule, console=Console(stderr=True))
    # The stream that Jupyter puts in the place of stderr. It obeys a carriage return.
    if type(sys.stderr).__module__.partition(".")[0] == "ipykernel":
        return NotebookProgress(name, schedule)
    return LineProgress(name, schedule)
