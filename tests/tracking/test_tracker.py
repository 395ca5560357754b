"""The status with which a record ends."""

import pytest

from pipeline.tracking.stores.memory import MemoryTracker
from pipeline.tracking.tracker import ending


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError(), "FAILED"),
        (KeyboardInterrupt(), "KILLED"),
        (SystemExit(143), "KILLED"),
        (SystemExit(0), "FINISHED"),
        (SystemExit(), "FINISHED"),
    ],
)
def test_error_decides_the_status(error, status):
    tracker = MemoryTracker()
    with pytest.raises(type(error)), ending(tracker):
        raise error
    assert tracker.status == status


def test_record_is_finished_without_an_error():
    tracker = MemoryTracker()
    with ending(tracker):
        assert tracker.status == "RUNNING"
    assert tracker.status == "FINISHED"


def test_status_set_inside_the_block_stays():
    tracker = MemoryTracker()
    with ending(tracker):
        tracker.end("SCHEDULED")
    assert tracker.status == "SCHEDULED"
