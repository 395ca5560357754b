"""What makes the difference between a run and its reproduction."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.reproducing.culprits import culprits, deviations
from pipeline.reproducing.original import Original
from pipeline.reproducing.second_training import SecondTraining
from pipeline.runs.lineage import packages
from pipeline.runs.record import RunRecord

IDENTITY = {
    "settings": {"seed": 1, "training": {"threads": 2}},
    "data": {"train": "aa", "test": "bb"},
    "code": "c0",
    "versions": {"keras": "3"},
    "environment": {"variables": {}, "keras": {"floatx": "float32"}},
}
LINEAGE = {
    "run_key": "k",
    "identity": IDENTITY,
    "modules": {"pipeline.training.loop": "1", "pipeline.models.body": "2"},
    "packages": packages(),
    "cpu": {"model": "x", "instructions": "AVX2"},
}
POINTS = {"train/loss": {1: 0.5, 2: 0.25, 3: 0.125}}
TESTS = {"test/accuracy": {3: 0.75}}
ORIGINAL = Original(
    run_id="r",
    name="iris",
    settings=IDENTITY["settings"],
    lineage=LINEAGE,
    patch=b"",
    fingerprint="f",
    points=POINTS,
    tests=TESTS,
    times={},
    resumed_at=[],
    result=None,
)


def again(fingerprint: str = "f", points=POINTS, **lineage) -> SecondTraining:
    run = RunRecord("s", "k", fingerprint, "", {}, {}, [], {})
    return SecondTraining(run, [], Path("model.keras"), points, TESTS, {**LINEAGE, **lineage})


def identity(**parts):
    return {"identity": {**IDENTITY, **parts}}


@pytest.mark.parametrize(
    ("lineage", "line"),
    [
        (
            identity(settings={"seed": 2, "training": {"threads": 2}}),
            "configuration: seed was 1, and now it is 2",
        ),
        (
            identity(settings={"seed": 1, "training": {"threads": 1}}),
            "configuration: training.threads was 2, and now it is 1",
        ),
        (identity(data={"train": "ab", "test": "bb"}), "data: train was aa, and now it is ab"),
        (identity(versions={"keras": "4"}), "versions: keras was 3, and now it is 4"),
        (
            identity(environment={"variables": {"TF_X": "1"}, "keras": {"floatx": "float32"}}),
            "environment: variables.TF_X was None, and now it is 1",
        ),
        (
            identity(own={"files": {"my.py": "9"}}),
            "own code: own was None, and now it is {'files': {'my.py': '9'}}",
        ),
        (
            {"modules": {"pipeline.training.loop": "9", "pipeline.models.body": "2"}},
            "code: pipeline.training.loop differs",
        ),
        (
            {"cpu": {"model": "y", "instructions": "AVX2"}},
            "hardware: the CPU was x (AVX2), and now it is y (AVX2)",
        ),
    ],
)
def test_what_was_not_as_in_the_run_is_named(lineage, line):
    assert deviations(ORIGINAL, again(**lineage), changed_data=[]) == [line]


def test_equal_inputs_have_no_deviation():
    assert deviations(ORIGINAL, again(), changed_data=[]) == []


def test_changed_raw_file_is_named_instead_of_the_splits():
    differences = deviations(
        ORIGINAL,
        again(**identity(data={"train": "ab", "test": "bb"})),
        changed_data=["data/raw/iris/data.csv"],
    )
    assert differences == ["data: data/raw/iris/data.csv differs"]


def test_deviation_is_the_culprit_of_other_bits():
    named = culprits(ORIGINAL, again("g"), differences=["code: a differs"], third=None)
    assert named == ["code: a differs"]


def test_value_that_was_changed_in_the_store_is_named():
    changed = replace(ORIGINAL, points={"train/loss": {1: 0.5, 2: 0.3, 3: 0.125}})
    [line] = culprits(changed, again(), differences=[], third=None)
    assert line.endswith("another value than the run: train/loss at step 2: 0.3 and 0.25")


def test_deleted_and_added_points_are_named():
    changed = replace(ORIGINAL, points={"train/loss": {1: 0.5, 2: 0.25, 4: 0.0}})
    assert len(culprits(changed, again(), differences=[], third=None)) == 2


def test_test_metric_that_was_changed_is_named():
    changed = replace(ORIGINAL, tests={"test/accuracy": {3: 0.99}})
    [line] = culprits(changed, again(), differences=[], third=None)
    assert line.endswith("test/accuracy at step 3: 0.99 and 0.75")


def test_two_trainings_that_differ_are_not_deterministic():
    [line] = culprits(ORIGINAL, again("g"), differences=[], third="h")
    assert line.startswith("the training itself: two trainings from equal inputs differ")


def test_checkpoint_before_the_departure_is_named():
    resumed = replace(ORIGINAL, resumed_at=[1, 2])
    other = again("g", points={"train/loss": {1: 0.5, 2: 0.25, 3: 0.1}})
    [line] = culprits(resumed, other, differences=[], third="g")
    assert line.startswith("checkpoint: the run was resumed from step 2, ")


def test_run_whose_process_was_disturbed_is_named():
    [line] = culprits(ORIGINAL, again("g"), differences=[], third="g")
    assert line.startswith("the run itself: ")


def test_fault_of_the_record_is_named_although_the_bits_are_the_same():
    faulty = replace(ORIGINAL, faults=["config.yaml: seed is not that of the run"])
    named = culprits(faulty, again(), differences=[], third=None)
    assert named == ["record: config.yaml: seed is not that of the run"]
