"""The notes that the MLflow UI shows above runs and experiments."""

import pytest
from mlflow.entities import Metric, Param, Run, RunData, RunInfo, RunTag

from pipeline.tracking import connection, notes

RUN_ID = "3f2a91c0" + 24 * "0"
KEY = {"run_key": "k", "git.commit": "abc"}
TESTED = {"test/accuracy": 0.85, "best/validation/accuracy": 0.9}
INTERVAL = {"test/accuracy.interval_95": "0.821234 to 0.88"}
END = "\n\n<!-- Text below this line is yours. The pipeline renews what is above. -->"


def run(metrics: dict[str, float], tags: dict[str, str], run_id: str = RUN_ID) -> Run:
    info = RunInfo(run_id, "7", "me", "FINISHED", 1, 2, "active")
    points = [Metric(name, value, 1, 1) for name, value in metrics.items()]
    return Run(
        info, RunData(points, [Param("seed", "1")], [RunTag(*pair) for pair in tags.items()])
    )


@pytest.mark.parametrize(
    ("metrics", "tags", "expected"),
    [
        (
            TESTED,
            INTERVAL | {"baseline": "better than a linear model"},
            "Test accuracy 0.85 [0.8212, 0.88], better than a linear model. "
            "Validation accuracy 0.9.",
        ),
        ({"test/r2": 0.5}, {}, "Test r2 0.5."),
        ({"best/validation/loss": 0.25}, {}, "Not tested. Validation loss 0.25."),
        ({}, {}, "Not tested."),
        (
            {},
            {
                "kind": "sweep",
                "best.run_id": "a, b",
                "best.settings": "learning_rate=0.1",
                "best.objective": "validation/accuracy 0.9",
                "best.doubts": "The choice flatters it",
            },
            "Best of this sweep: validation/accuracy 0.9 with learning_rate=0.1. "
            "The choice flatters it.",
        ),
        (
            {},
            {
                "kind": "search",
                "objective": "validation/loss",
                "best.run_id": "a",
                "best.validation/loss": "0.25",
                "best.overrides": "seed=2",
            },
            "Best of this search: validation/loss 0.25 with seed=2.",
        ),
        ({}, {"kind": "sweep"}, "This sweep has no best trial yet."),
        ({}, {"kind": "comparison", "verdict": "good is better"}, "good is better."),
        ({}, {"kind": "comparison"}, "Not decided."),
    ],
)
def test_result_in_words(metrics, tags, expected):
    assert notes.result(run(metrics, tags)) == expected


def test_note_of_a_run_has_result_series_command_and_figures():
    tags = KEY | {"repeat.seeds": "2 seeds of one split: mean accuracy 0.84 (sd 0.01)"}
    figures = ["figures/activations.png", "figures/confusion_matrix.png", "figures/index.json"]
    note = notes.of_run(
        run({"test/accuracy": 1.0}, tags), [*figures, "figures/learning_curves.png"]
    )
    assert note.splitlines() == [
        "Test accuracy 1.",
        "",
        "- 2 seeds of one split: mean accuracy 0.84 (sd 0.01)",
        "",
        "To make it again:",
        "",
        "```sh",
        "python -m pipeline.reproduce 3f2a91c0",
        "```",
        "",
        "![learning_curves.png](get-artifact?path=figures%2Flearning_curves.png"
        f"&run_uuid={RUN_ID})",
        "",
        "![confusion_matrix.png](get-artifact?path=figures%2Fconfusion_matrix.png"
        f"&run_uuid={RUN_ID})",
    ]


def test_run_outside_git_has_no_command():
    assert notes.of_run(run({}, {"run_key": "k"}), []) == "Not tested."


@pytest.mark.parametrize(
    ("stage", "command"),
    [("train@toy", "dvc repro evaluate@toy"), ("train", "python -m pipeline.train toy")],
)
def test_note_of_an_experiment_has_the_command_of_its_result(stage, command):
    other = run({}, KEY | {"stage": "train@toy"}, run_id=32 * "a")
    note = notes.of_experiment("toy", [other, run(TESTED, KEY | {"stage": stage})], [])
    assert note.startswith("Test accuracy 0.85.")
    assert f"[run 3f2a91c0](#/experiments/7/runs/{RUN_ID}?workflowType=machine_learning)" in note
    assert note.endswith(f"```sh\n{command}\n```")


def test_result_of_the_stage_stands_for_the_experiment():
    by_hand = run(TESTED, {"stage": "train"}, run_id=32 * "a")
    of_stage = run(TESTED, {"stage": "train@toy"}, run_id=32 * "b")
    assert notes.representative([by_hand, of_stage]) is of_stage


def test_note_of_an_experiment_has_the_series_of_its_newest_run():
    new = run(TESTED, {"repeat.seeds": "5 seeds: new", "repeat.folds": "unfinished"})
    old = run(TESTED, {"repeat.seeds": "2 seeds: old", "repeat.split_seeds": "3 splits: kept"})
    assert notes.of_experiment("toy", [new, old], []).split("\n\n")[1].splitlines() == [
        "- 5 seeds: new",
        "- 3 splits: kept",
    ]


@pytest.fixture
def run_id(client) -> str:
    experiment = connection.experiment_id(client, "toy")
    run = client.create_run(experiment, tags=KEY | {"stage": "train@toy"})
    client.log_metric(run.info.run_id, "best/validation/loss", 0.25, step=3)
    return str(run.info.run_id)


def note_of(client, run_id: str) -> str:
    return str(client.get_run(run_id).data.tags[notes.TAG])


def test_note_changes_with_the_record_and_keeps_the_text_below(client, run_id):
    notes.write(client, run_id)
    first = note_of(client, run_id)
    assert first.startswith("Not tested. Validation loss 0.25.")
    assert first.endswith(END)
    client.set_tag(run_id, notes.TAG, f"{first}\nMy text")
    client.log_metric(run_id, "test/loss", 0.5, step=3)
    notes.write(client, run_id)
    assert note_of(client, run_id).startswith("Test loss 0.5. Validation loss 0.25.")
    assert note_of(client, run_id).endswith(f"{END}\nMy text")


def test_note_of_the_reader_stays(client, run_id):
    client.set_tag(run_id, notes.TAG, "Mine")
    notes.write(client, run_id)
    assert note_of(client, run_id) == "Mine"


def test_tested_note_is_the_greater_text():
    """A merge of two records keeps the greater value of a tag."""
    assert notes.result(run(TESTED, {})) > notes.result(run({}, {}))
