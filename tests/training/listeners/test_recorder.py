"""The record of a training in its tracker."""

from pipeline.runs.history import Point
from pipeline.tracking.stores.memory import MemoryTracker
from pipeline.training.listeners.recorder import Recorder

POINTS = [
    Point(step, step / 2, 1_000 * step, 2.0 * step, 1.0, 40 * step, 0.1, {"running/loss": 0.5})
    for step in (2, 4)
]


def test_points_are_logged_at_their_steps():
    tracker = MemoryTracker()
    Recorder(tracker).on_commit(POINTS)
    assert tracker.metrics == {
        "running/loss": {2: 0.5, 4: 0.5},
        "epoch": {2: 1.0, 4: 2.0},
        "seconds": {2: 4.0, 4: 8.0},
        "learning_rate": {2: 0.1, 4: 0.1},
        "examples_per_second": {2: 80.0, 4: 160.0},
    }


def test_earlier_history_is_logged_once():
    tracker = MemoryTracker()
    for _ in range(2):
        Recorder(tracker).on_begin(POINTS)
    assert tracker.metrics["running/loss"] == {2: 0.5, 4: 0.5}
