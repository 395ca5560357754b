"""Estimates how long a training still takes."""

from pipeline.runs.history import Point
from pipeline.training.schedule import Schedule


class TimeLeft:
    """The time for the remaining rows and evaluations, from the points of this process.

    It is known after two points that each end a timed pass. The time before the first one is
    mostly compilation. Passes and evaluations are counted apart, because a training may evaluate
    after its first, tenth and hundredth step, and then rarely.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._first: Point | None = None
        self._last: Point | None = None
        self._evaluations = 0

    def add(self, point: Point) -> None:
        """Takes a new point of this process."""
        if point.examples_per_second == 0:
            return
        if self._first is None:
            self._first = point
            return
        self._last = point
        self._evaluations += 1

    @property
    def seconds(self) -> float | None:
        """The seconds from the last point to the end. None if they are not known yet."""
        first, last, schedule = self._first, self._last, self._schedule
        if first is None or last is None:
            return None
        rows = (schedule.total - last.step) * schedule.rows / schedule.steps_per_epoch
        passes = last.training_seconds - first.training_seconds
        others = max(0.0, last.seconds - first.seconds - passes) / self._evaluations
        return rows / last.examples_per_second + others * evaluations_after(last.step, schedule)


def evaluations_after(step: int, schedule: Schedule) -> int:
    """The number of evaluations after a step: at the ends of epochs, and those of `evaluate_at`."""
    if step >= schedule.total:
        return 0
    length = schedule.steps_per_epoch
    ends = (schedule.total - 1) // length - step // length + 1
    within = [other for other in schedule.evaluate_at if step < other < schedule.total]
    return ends + sum(other % length != 0 for other in within)


def in_minutes(seconds: float) -> str:
    """`0:34`, `12:05` or `1:02:05`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
