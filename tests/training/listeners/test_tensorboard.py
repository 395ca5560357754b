"""Summaries for TensorBoard: the events of whole and of interrupted trainings."""

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from pipeline import experiment, layout
from pipeline.runs.history import Point
from pipeline.signals import Interrupted
from pipeline.training.listeners.tensorboard import Summaries, write_summaries
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.interruptions import InterruptedAt
from tests.support.stores import add_store
from tests.support.toy import config_of, prepare_all

TRAINED = [
    "data=shapes",
    "tracking=mlflow",
    "tracking.log_model=false",
    "tracking.tensorboard=true",
    "model.units=[8]",
    "training.xla=false",
    "training.batch_size=12",  # three steps an epoch
    "training.epochs=3",
    "training.evaluate_at=[0]",
]


def point(step: int, loss: float, timestamp: int = 1_700_000_000_500) -> Point:
    metrics = {"running/loss": 3 * loss, "train/loss": loss, "validation/loss": 2 * loss}
    return Point(step, step / 4, timestamp, 1.0, 1.0, 1, learning_rate=0.125, metrics=metrics)


def events(folder: Path, split: str) -> list[Any]:
    """The records that TensorBoard reads, after the one with their version."""
    (file,) = (folder / split).iterdir()
    first, *others = [
        tf.compat.v1.Event.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(file))
    ]
    assert first.file_version == "brain.Event:2"
    return others


def scalars(folder: Path, split: str) -> list[tuple[str, int, float]]:
    return [
        (value.tag, event.step, value.simple_value)
        for event in events(folder, split)
        for value in event.summary.value
    ]


def test_all_splits_use_the_same_names(tmp_path):
    write_summaries([point(4, 0.5), point(8, 0.25)], tmp_path)
    assert scalars(tmp_path, "train") == [
        ("loss", 4, 0.5),
        ("learning_rate", 4, 0.125),
        ("loss", 8, 0.25),
        ("learning_rate", 8, 0.125),
    ]
    assert scalars(tmp_path, "validation") == [("loss", 4, 1.0), ("loss", 8, 0.5)]
    assert scalars(tmp_path, "running") == [("loss", 4, 1.5), ("loss", 8, 0.75)]


def test_event_has_the_time_of_its_point(tmp_path):
    write_summaries([point(4, 0.5, timestamp=1_700_000_000_500)], tmp_path)
    assert [event.wall_time for event in events(tmp_path, "train")] == [1_700_000_000.5]


def test_committed_points_can_be_read_at_once(tmp_path):
    summaries = Summaries(tmp_path / "run")
    summaries.on_begin([])
    summaries.on_commit([point(4, 0.5)])
    assert scalars(tmp_path / "run", "validation") == [("loss", 4, 1.0)]
    summaries.on_end()


def test_points_without_a_checkpoint_are_removed(tmp_path):
    write_summaries([point(4, 0.5), point(8, 0.25)], tmp_path)
    write_summaries([point(4, 0.5)], tmp_path)
    assert scalars(tmp_path, "validation") == [("loss", 4, 1.0)]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """The result of a run with summaries that was interrupted and resumed."""
    folder = tmp_path_factory.mktemp("repository")
    prepare_all(folder)
    add_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        with pytest.raises(Interrupted):
            experiment.run(config_of(folder, *TRAINED), interruption=InterruptedAt())
        yield experiment.run(config_of(folder, *TRAINED))


def folder_of(result: experiment.Result) -> Path:
    return layout.mlruns() / "tensorboard/shapes" / result.run_id


def expected(result: experiment.Result, split: str) -> dict[tuple[str, int], float]:
    return {
        (name.removeprefix(f"{split}/"), point.step): pytest.approx(value)
        for point in result.history
        for name, value in point.metrics.items()
        if name.startswith(f"{split}/")
    }


def test_resumed_run_has_each_event_once(result):
    points = scalars(folder_of(result), "validation")
    assert {(tag, step): value for tag, step, value in points} == expected(result, "validation")
    # Loss, accuracy and log loss at the steps 0, 3, 6 and 9.
    assert len(points) == len(expected(result, "validation")) == 12


def test_missing_metrics_have_no_event(result):
    assert [step for _, step, _ in scalars(folder_of(result), "running")] == [3, 6, 9]
    points = scalars(folder_of(result), "train")
    assert [step for tag, step, _ in points if tag == "learning_rate"] == [0, 3, 6, 9]


def test_finished_run_writes_summaries_on_request(result):
    before = scalars(folder_of(result), "train")
    folder_of(result).rename(folder_of(result).with_name("before"))
    without = experiment.run(config_of(Path(), *TRAINED, "tracking.tensorboard=false"))
    assert (without.run_key, without.run_id) == (result.run_key, result.run_id)
    assert not folder_of(result).exists()
    experiment.run(config_of(Path(), *TRAINED))
    assert scalars(folder_of(result), "train") == before
