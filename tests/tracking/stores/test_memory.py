"""Records in memory."""

from pathlib import Path

from pipeline.tracking.stores.memory import STORE, MemoryTracker
from pipeline.tracking.tracker import Measurement, RunFacts
from tests.support.metas import images

FACTS = RunFacts("toy", {}, {"run_key": "k"}, images(), Path("data/prepared/shapes"))


def test_record_holds_what_was_logged():
    with STORE.open_run(FACTS) as tracker:
        tracker.log_metrics(
            [Measurement(1, 1_000, {"loss": 0.5}), Measurement(2, 2_000, {"loss": 0.25})]
        )
        tracker.log_file(Path("a/curve.png"), folder="figures")
        tracker.log_file(Path("metrics.json"))
        tracker.log_model(Path("result"), step=2)
        tracker.log_data_set(images(), "test", Path("data"))
        tracker.set_tag("kind", "toy")
    assert tracker == MemoryTracker(
        facts=FACTS,
        run_id=tracker.run_id,
        metrics={"loss": {1: 0.5, 2: 0.25}},
        tags={"kind": "toy"},
        data_sets=["toy/test"],
        files=["figures/curve.png", "metrics.json"],
        models=[2],
        status="FINISHED",
    )


def test_record_holds_a_name_and_step_once():
    with STORE.open_run(FACTS) as tracker:
        tracker.log_metrics([Measurement(1, 1_000, {"loss": 0.5})])
        tracker.log_metrics([Measurement(1, 2_000, {"loss": 0.75})])
    assert tracker.metrics == {"loss": {1: 0.5}}


def test_record_holds_the_model_of_a_step_once():
    with STORE.open_run(FACTS) as tracker:
        tracker.log_model(Path("result"), step=2)
        tracker.log_model(Path("result"), step=2)
    assert tracker.models == [2]


def test_record_lists_a_data_set_once():
    tracker = MemoryTracker()
    tracker.log_data_set(images(), "train", Path("data"))
    tracker.log_data_set(images(), "train", Path("data"))
    assert tracker.data_sets == ["toy/train"]


def test_each_record_is_new():
    with STORE.open_run(FACTS) as first, STORE.open_run(FACTS, run_id=first.run_id) as second:
        assert first.run_id != second.run_id


def test_parent_record_ends_with_its_block():
    with STORE.open_parent("sweep", "toy", "abc", {"seed": "1,2"}) as parent:
        parent.set_tag("trials", "2")
    assert (parent.tags, parent.status) == ({"trials": "2"}, "FINISHED")


def test_no_record_lasts():
    with STORE.open_run(FACTS) as tracker:
        pass
    assert not STORE.lasting
    assert STORE.missing([tracker.run_id]) == {tracker.run_id}


def test_attached_record_is_empty():
    with STORE.open_run(FACTS) as tracker:
        tracker.set_tag("kind", "toy")
    assert STORE.attach(tracker.run_id) == MemoryTracker(run_id=tracker.run_id)
