"""Baselines in the record of a run."""

import pytest

from pipeline.tracking.baselines import log_baselines
from pipeline.tracking.stores.memory import MemoryTracker
from tests.reporting.test_baselines import CONSTANT, SUMMARY
from tests.support.results import METRICS


def logged(**changes: object) -> MemoryTracker:
    tracker = MemoryTracker()
    log_baselines(tracker, METRICS | SUMMARY | changes, step=6)
    return tracker


def test_record_has_the_headline_metric_of_each_baseline():
    assert logged().metrics == {
        "test/baseline/commonest_class/accuracy": {6: 0.95},
        "test/baseline/nearest_mean/accuracy": {6: 0.8123},
    }


def test_tags_name_the_verdict_and_the_differences():
    assert logged().tags == {
        "baseline": "no better than always the commonest class",
        "test/baseline/commonest_class/accuracy.difference_95": "-0.01 to 0.01",
        "test/baseline/nearest_mean/accuracy.difference_95": "0.1251 to 0.15",
    }


def test_few_rows_have_no_difference():
    difference = {"accuracy": {"value": 0.0, "reason": "few rows", "verdict": "not compared"}}
    tracker = logged(
        baselines={"commonest_class": CONSTANT | {"difference": difference}},
    )
    assert tracker.tags == {"baseline": "not compared with always the commonest class"}


@pytest.mark.parametrize("summary", [METRICS, METRICS | {"baselines": {}, "telling_baseline": {}}])
def test_evaluation_without_baselines_adds_nothing(summary):
    tracker = MemoryTracker()
    log_baselines(tracker, summary, step=6)
    assert tracker == MemoryTracker(run_id=tracker.run_id)
