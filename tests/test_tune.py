"""`pipeline.tune` on toy data: real processes, a real store, real trainings."""

import io
import json
import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from pipeline import train, tune
from pipeline.config.resolved import compose_experiment
from pipeline.errors import PipelineError
from pipeline.studies.trial_process import TrialProcess
from pipeline.tracking import store
from tests.support import ROOT
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.toy import prepare_all

COMMAND = [
    "data=pairs",
    "search=hyperband",
    "search.trials=5",
    "search.max_epochs=3",
    "training.early_stopping=null",
]
SPACE = "optimizer.learning_rate: {float: [1.0e-03, 1.0e-01], log: true}\ntraining.xla: {choice: [false]}\n"
PARAMS = "sources: [pairs]\ndata:\n  pairs: pairs\nexperiments:\n  pairs: {data: pairs}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A repository of toy data with a space of its own; the package itself is where it is."""
    folder = tmp_path_factory.mktemp("repository")
    prepare_all(folder)
    (folder / "params.yaml").write_text(PARAMS)
    (folder / "conf/space/pairs.yaml").write_text(SPACE)
    return folder


def enter(folder, patch):
    patch.chdir(folder)
    patch.delenv("MLFLOW_TRACKING_URI", raising=False)
    patch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture(autouse=True)
def _here(folder, monkeypatch):
    enter(folder, monkeypatch)


def called(command, patch, *arguments):
    """Runs a command's `main` in this process; the JSON of its last line, and what it said beside."""
    patch.setattr(sys, "argv", ["command", *arguments])
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as said:
        command.main()
    return json.loads(out.getvalue().splitlines()[-1]), said.getvalue()


@pytest.fixture(scope="module")
def found(folder):
    """What a search says in the end."""
    with pytest.MonkeyPatch.context() as patch:
        enter(folder, patch)
        return called(tune, patch, *COMMAND, "search.save_as=tuned")


def runs(folder, filter_string):
    client = store.client()
    experiments = [client.get_experiment_by_name("pairs").experiment_id]
    return client.search_runs(experiments, filter_string, order_by=["attributes.start_time"])


def test_the_last_line_says_what_was_found(found):
    line, _ = found
    assert sorted(line) == ["best", "epochs", "failed", "run_id", "search_id", "status", "trials"]
    assert (line["status"], line["trials"], line["failed"]) == ("FINISHED", 5, 0)
    assert line["epochs"] == {
        "spent": 11.0,
        "restarting": 12.0,
    }  # three for 1, one of them for 3; two for 3


def test_the_search_is_one_run_with_its_trials_below(folder, found):
    line, _ = found
    (parent,) = runs(folder, "tags.kind = 'search'")
    children = runs(folder, f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert (parent.info.run_id, parent.info.status) == (line["run_id"], "FINISHED")
    assert parent.data.tags["search_id"] == line["search_id"]
    assert parent.data.tags["best.run_id"] == line["best"]["run_id"]
    assert parent.data.params["search.method"] == '"hyperband"'
    assert sorted(child.info.status for child in children) == ["FINISHED"] * 3 + ["SCHEDULED"] * 2
    assert {child.data.tags["trial"] for child in children} == set("01234")
    assert {child.info.run_name for child in children} == {f"trial {number}" for number in range(5)}
    assert {child.data.tags["search_id"] for child in children} == {line["search_id"]}


def test_the_table_and_the_course_of_the_search_are_recorded(folder, found):
    line, _ = found
    client = store.client()
    assert "trials.csv" in {file.path for file in client.list_artifacts(line["run_id"])}
    course = client.get_metric_history(line["run_id"], "best")
    assert [point.step for point in course] == [1, 2, 3, 4, 5, 6]
    assert course[-1].value == line["best"]["objective"]


def test_a_trial_runs_alone_by_the_command_that_is_shown(found, monkeypatch):
    line, said = found
    command = shlex.join(["python", "-m", "pipeline.train", *line["best"]["overrides"]])
    assert f"\n  {command}\n" in said
    assert (
        called(train, monkeypatch, *line["best"]["overrides"])[0]["run_id"]
        == line["best"]["run_id"]
    )


def test_a_search_that_is_over_is_not_run_again(found, monkeypatch):
    assert called(tune, monkeypatch, *COMMAND)[0] == found[0]


def test_trials_that_ran_stay_where_fewer_are_asked_for(found, monkeypatch):
    assert called(tune, monkeypatch, *COMMAND, "search.trials=3")[0] == found[0]


def test_the_best_is_an_experiment_now(folder, found):
    line, _ = found
    tuned, trial = (
        compose_experiment(given) for given in (["experiment=tuned"], line["best"]["overrides"])
    )
    assert (tuned.optimizer, tuned.model, tuned.training) == (
        trial.optimizer,
        trial.model,
        trial.training,
    )
    assert "  tuned: {data: pairs}\n" in (folder / "params.yaml").read_text()


def test_a_search_in_memory_is_refused(monkeypatch):
    with pytest.raises(PipelineError) as caught:
        called(tune, monkeypatch, *COMMAND, "tracking=memory")
    assert (
        str(caught.value)
        == "a search keeps its trials in MLflow. Received: tracking=memory. Expected: tracking=mlflow."
    )


def answer(patch, given):
    """Lets the trials come to what is given, without a training."""
    patch.setattr(TrialProcess, "run", lambda *_, **__: given)


def test_a_search_without_a_trial_that_ends_says_why(folder, monkeypatch):
    answer(monkeypatch, {"status": "FAILED", "reason": "training diverged."})
    with pytest.raises(PipelineError) as caught:
        called(tune, monkeypatch, "data=pairs", "search=random", "search.trials=2")
    text = str(caught.value)
    assert text.startswith("none of the 2 trials came to an end. Received: training diverged.")
    assert "What they printed is in" in text


@pytest.mark.parametrize(
    ("space", "arguments", "message"),
    [
        (
            SPACE,
            ["force=true"],
            "a search goes on with its trials. Received: force=true. Expected: force=false.",
        ),
        (
            SPACE,
            ["checkpoint.pause_at=1"],
            "a search says itself where its trials pause. Received: checkpoint.pause_at=1. Expected: checkpoint.pause_at=null.",
        ),
        (
            "training.loss: {choice: [null, perceptron]}\n",
            ["search.objective={metric: validation/loss, direction: min}"],
            "validation/loss is not the same in all trials. Received: training.loss in the space. "
            "Choose another search.objective, or take it from the space.",
        ),
        (
            "model.unitz: {choice: [[8], [4]]}\n",
            [],
            "the space holds settings that cannot be. Received: model.unitz=[8]. command line: model.unitz is not a setting. ",
        ),
    ],
)
def test_a_search_that_cannot_be_is_told_in_one_line(
    folder, monkeypatch, space, arguments, message
):
    (folder / "conf/space/wrong.yaml").write_text(space)
    with pytest.raises(PipelineError) as caught:
        called(tune, monkeypatch, "data=pairs", "space=wrong", "search=random", *arguments)
    assert str(caught.value).startswith(message)


def test_without_a_trial_that_was_trained_to_its_end_there_is_no_best(folder, monkeypatch):
    (folder / "conf/space/wrong.yaml").write_text(
        "optimizer.learning_rate: {choice: [0.01, 0.1]}\n"
    )
    answer(
        monkeypatch,
        {
            "status": "FINISHED",
            "run_id": "run",
            "metrics": {"validation/accuracy": 1.0},
            "epochs": 1.0,
            "seconds": 1.0,
            "paused": True,
        },
    )
    with pytest.raises(PipelineError) as caught:
        called(tune, monkeypatch, *COMMAND, "space=wrong", "search.save_as=none_of_them")
    assert str(caught.value).startswith(
        "none of the 2 trials came to an end. Received: 2 paused, in brackets that the space "
    )
    assert not (folder / "conf/experiment/none_of_them.yaml").exists()
