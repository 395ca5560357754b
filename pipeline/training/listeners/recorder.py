"""Logs the points of a training to the record of its run."""

from collections.abc import Sequence

from pipeline.runs.history import Point
from pipeline.tracking.tracker import Measurement, Tracker
from pipeline.training.listener import Listener


class Recorder(Listener):
    """Logs metrics, learning rate and time at the step of each point."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    def on_begin(self, history: Sequence[Point]) -> None:
        """Logs points that an earlier process may have saved but not logged."""
        self.on_commit(history)

    def on_commit(self, points: Sequence[Point]) -> None:
        self._tracker.log_metrics(
            [Measurement(point.step, point.timestamp, _values(point)) for point in points]
        )


def _values(point: Point) -> dict[str, float]:
    return point.metrics | {
        "epoch": point.epoch,
        "seconds": point.seconds,
        "learning_rate": point.learning_rate,
        "examples_per_second": point.examples_per_second,
    }
