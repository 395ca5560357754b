"""Shows the progress of a training on stderr: epoch, metrics and time left.

On a terminal it is a moving bar. In a notebook it is one line that changes. Elsewhere it is a plain
line every few seconds.
"""

import math
import sys
import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from pipeline.console import log, overwrite
from pipeline.runs.history import Point
from pipeline.training.listener import Listener
from pipeline.training.schedule import Schedule

_OFTEN = 0.5  # seconds


class TerminalProgress(Listener):
    """A bar that moves with the steps."""

    def __init__(self, name: str, schedule: Schedule, *, console: Console) -> None:
        self._schedule = schedule
        self._metrics = ""
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn(
                "steps  epoch {task.fields[epoch]}  {task.fields[metrics]}  {task.fields[speed]}"
            ),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._progress.add_task(
            name, total=schedule.total, epoch="", metrics="", speed=""
        )
        self._progress.start()

    def on_begin(self, history: Sequence[Point]) -> None:
        """Starts from the last point of an earlier process."""
        for point in history[-1:]:
            self._progress.update(self._task, completed=point.step)
            self.on_point(point)

    def on_step(self, step: int, means: dict[str, float]) -> None:
        """Moves the bar. Before the first evaluation it shows the mean loss of the segment."""
        epochs = self._schedule.epochs
        epoch = f"{min(step / self._schedule.steps_per_epoch, epochs):.1f}/{epochs:g}"
        text = self._metrics or in_words({f"running/{name}": mean for name, mean in means.items()})
        self._progress.update(self._task, completed=step, epoch=epoch, metrics=text)

    def on_point(self, point: Point) -> None:
        self._metrics = in_words(point.metrics)
        speed = f"{point.examples_per_second:,.0f} examples/s"
        self._progress.update(self._task, metrics=self._metrics, speed=speed)

    def on_end(self) -> None:
        self._progress.stop()


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
        self._written_at = -interval + clock()
        self._pending: Point | None = None

    def on_point(self, point: Point) -> None:
        self._pending = point
        if self._clock() - self._written_at >= self._interval:
            self._write_pending()

    def on_end(self) -> None:
        self._write_pending()

    def _write_pending(self) -> None:
        if self._pending is not None:
            self._write(f"{self._name}: {line(self._pending, self._schedule)}")
            self._pending = None
            self._written_at = self._clock()


class NotebookProgress(LineProgress):
    """Writes each line over the one before it, because a long training would flood the output."""

    def __init__(self, name: str, schedule: Schedule) -> None:
        super().__init__(name, schedule, write=overwrite, interval=_OFTEN)

    def on_end(self) -> None:
        super().on_end()
        log("")


def line(point: Point, schedule: Schedule) -> str:
    """Puts a point into words: `epoch 3/20  train loss 0.41  …  0:12 left`."""
    parts = [f"epoch {_count(point.epoch)}/{_count(schedule.epochs)}", in_words(point.metrics)]
    if point.step:
        left = point.seconds / point.step * (schedule.total - point.step)
        minutes, seconds = divmod(round(left), 60)
        parts += [f"{point.examples_per_second:,.0f} examples/s", f"{minutes}:{seconds:02d} left"]
    return "  ".join(parts)


def _count(epochs: float) -> str:
    return f"{epochs:.2f}".rstrip("0").rstrip(".")


def in_words(metrics: dict[str, float]) -> str:
    """Metrics as `train loss 0.4132  validation accuracy 0.8911 …`.

    If the loss of the training rows is present, the running loss is left out. So is a metric
    that equals the loss of its split.
    """
    values = {}
    for name, value in metrics.items():
        split, _, metric = name.partition("/")
        repeats = metric != "loss" and math.isclose(
            value, metrics.get(f"{split}/loss", math.nan), rel_tol=1e-5
        )
        if not repeats and not (split == "running" and "train/loss" in metrics):
            values[name] = value
    return "  ".join(f"{name.replace('/', ' ')} {value:.4f}" for name, value in values.items())


def progress(name: str, schedule: Schedule) -> Listener:
    """The form of progress that suits stderr."""
    if sys.stderr.isatty():
        return TerminalProgress(name, schedule, console=Console(stderr=True))
    # The stream that Jupyter puts in the place of stderr. It obeys a carriage return.
    if type(sys.stderr).__module__.partition(".")[0] == "ipykernel":
        return NotebookProgress(name, schedule)
    return LineProgress(name, schedule)
