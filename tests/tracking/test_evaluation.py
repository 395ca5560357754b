"""What an evaluation adds to the record of its run. The tests of MLflow cover the metrics."""

import pytest

from pipeline.evaluation.looks import Standing
from pipeline.tracking.evaluation import log_looks
from pipeline.tracking.stores.memory import MemoryTracker


@pytest.mark.parametrize(("before", "expected"), [(3, "3"), (0, "0")])
def test_models_before_are_a_tag(before, expected):
    tracker = MemoryTracker()
    log_looks(tracker, Standing(before, after=1, inspected=0, rows=12))
    assert tracker.tags == {"test.models_before": expected}


@pytest.mark.parametrize(("before", "expected"), [(3, "7"), (9, "9")])
def test_larger_number_of_two_ledgers_stays(before, expected):
    tracker = MemoryTracker(tags={"test.models_before": "7"})
    log_looks(tracker, Standing(before, after=0, inspected=0, rows=12))
    assert tracker.tags == {"test.models_before": expected}


def test_run_that_is_not_counted_has_no_tag():
    tracker = MemoryTracker()
    log_looks(tracker, None)
    assert tracker.tags == {}
