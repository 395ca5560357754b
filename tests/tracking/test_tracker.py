"""The record of a run that is kept in memory, and how a record says its end."""

from pathlib import Path

import pytest

from pipeline.tracking.tracker import Measurement, MemoryTracker, RunFacts, open_in_memory
from tests.support.metas import images

FACTS = RunFacts("toy", {}, {"run_key": "k"}, images(), Path("data/prepared/shapes"))


def test_the_record_in_memory_holds_what_was_logged():
    with open_in_memory(FACTS) as tracker:
        tracker.log_metrics(
            [Measurement(1, 1_000, {"loss": 0.5}), Measurement(2, 2_000, {"loss": 0.25})]
        )
        tracker.log_file(Path("a/curve.png"), folder="figures")
        tracker.log_file(Path("metrics.json"))
        tracker.log_model(None, images(), step=2)
        tracker.set_tag("kind", "toy")
    assert tracker == MemoryTracker(
        facts=FACTS,
        run_id=tracker.run_id,
        metrics={"loss": {1: 0.5, 2: 0.25}},
        tags={"kind": "toy"},
        files=["figures/curve.png", "metrics.json"],
        models=[2],
        status="FINISHED",
    )


def test_the_record_in_memory_holds_a_name_and_step_once():
    with open_in_memory(FACTS) as tracker:
        tracker.log_metrics([Measurement(1, 1_000, {"loss": 0.5})])
        tracker.log_metrics([Measurement(1, 2_000, {"loss": 0.75})])
    assert tracker.metrics == {"loss": {1: 0.5}}


def test_the_record_in_memory_holds_the_model_of_a_step_once():
    with open_in_memory(FACTS) as tracker:
        tracker.log_model(None, images(), step=2)
        tracker.log_model(None, images(), step=2)
    assert tracker.models == [2]


def test_the_record_in_memory_is_always_a_new_one():
    with open_in_memory(FACTS) as first, open_in_memory(FACTS, run_id=first.run_id) as second:
        assert first.run_id != second.run_id


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
def test_a_record_says_how_it_ended(error, status):
    def body(records: list[MemoryTracker]) -> None:
        with open_in_memory(FACTS) as tracker:
            records.append(tracker)
            raise error

    records: list[MemoryTracker] = []
    with pytest.raises(type(error)):
        body(records)
    assert records[0].status == status
