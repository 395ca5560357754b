"""The progress line of a training, on stderr: epoch, loss, metric, rate and time left.

On a terminal it moves; elsewhere it is a plain line at most every few seconds, and one for the last point.
"""

import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from pipeline.runs.history import Point
from pipeline.training.loop import Listener
from pipeline.training.schedule import Schedule


class TerminalProgress(Listener):
    """A bar that moves with the steps."""

    def __init__(self, name: str, schedule: Schedule, *, console: Console) -> None:
        self._schedule = schedule
        self._means = ""
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn(
                "steps  epoch {task.fields[epoch]}  {task.fields[metrics]}  {task.fields[rate]}"
            ),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._progress.add_task(
            name, total=schedule.total, epoch="", metrics="", rate=""
        )
        self._progress.start()

    def on_begin(self, history: Sequence[Point]) -> None:
        """Stands where an earlier process came to."""
        for point in history[-1:]:
            self._progress.update(self._task, completed=point.step)
            self.on_point(point)

    def on_step(self, step: int, means: dict[str, float]) -> None:
        """Moves the bar; the means of the segment stand there until validation is known."""
        epoch = f"{min(step / self._schedule.steps_per_epoch, self._schedule.epochs):.1f}/{self._schedule.epochs:g}"
        running = self._means or shown({f"train/{name}": value for name, value in means.items()})
        self._progress.update(self._task, completed=step, epoch=epoch, metrics=running)

    def on_point(self, point: Point) -> None:
        self._means = shown(point.metrics)
        rate = f"{point.examples_per_second:,.0f} examples/s"
        self._progress.update(self._task, metrics=self._means, rate=rate)

    def on_end(self) -> None:
        self._progress.stop()


class LineProgress(Listener):
    """A plain line for a point, no more often than every `interval` seconds, and one for the last."""

    def __init__(
        self,
        name: str,
        schedule: Schedule,
        *,
        file: TextIO,
        interval: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._schedule, self._file, self._interval, self._clock = (
            name,
            schedule,
            file,
            interval,
            clock,
        )
        self._written = -interval + clock()
        self._pending: Point | None = None

    def on_point(self, point: Point) -> None:
        self._pending = point
        if self._clock() - self._written >= self._interval:
            self._write()

    def on_end(self) -> None:
        self._write()

    def _write(self) -> None:
        if self._pending is not None:
            print(
                f"{self._name}: {line(self._pending, self._schedule)}", file=self._file, flush=True
            )
            self._pending = None
            self._written = self._clock()


def line(point: Point, schedule: Schedule) -> str:
    """One point in words: `epoch 3/20  train loss 0.41  …  13,000 examples/s  0:12 left`."""
    left = point.seconds / point.step * (schedule.total - point.step) if point.step else 0.0
    minutes, seconds = divmod(round(left), 60)
    parts = [f"epoch {_count(point.epoch)}/{_count(schedule.epochs)}", shown(point.metrics)]
    if point.step:
        parts += [f"{point.examples_per_second:,.0f} examples/s", f"{minutes}:{seconds:02d} left"]
    return "  ".join(parts)


def _count(epochs: float) -> str:
    return f"{epochs:.2f}".rstrip("0").rstrip(".")


def shown(metrics: dict[str, float]) -> str:
    """`train loss 0.4132  validation accuracy 0.8911 …`"""
    return "  ".join(f"{name.replace('/', ' ')} {value:.4f}" for name, value in metrics.items())


def progress(name: str, schedule: Schedule) -> Listener:
    """The progress that suits stderr."""
    if sys.stderr.isatty():
        return TerminalProgress(name, schedule, console=Console(stderr=True))
    return LineProgress(name, schedule, file=sys.stderr)
