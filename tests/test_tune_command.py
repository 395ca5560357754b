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
from pipeline.tracking import store
from tests import pinned  # noqa: F401
from tests.toy import ROOT, prepare_all

COMMAND = ["data=pairs", "search=hyperband", "search.trials=5", "search.max_epochs=3", "training.early_stopping=null"]
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
    assert line["epochs"] == {"spent": 11.0, "restarting": 12.0}  # three for 1, one of them for 3; two for 3


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
    assert called(train, monkeypatch, *line["best"]["overrides"])[0]["run_id"] == line["best"]["run_id"]


def test_a_search_that_is_over_is_not_run_again(found, monkeypatch):
    assert called(tune, monkeypatch, *COMMAND)[0] == found[0]


def test_trials_that_ran_stay_where_fewer_are_asked_for(found, monkeypatch):
    assert called(tune, monkeypatch, *COMMAND, "search.trials=3")[0] == found[0]


def test_the_best_is_an_experiment_now(folder, found):
    line, _ = found
    tuned, trial = (compose_experiment(given) for given in (["experiment=tuned"], line["best"]["overrides"]))
    assert (tuned.optimizer, tuned.model, tuned.training) == (trial.optimizer, trial.model, trial.training)
    assert "  tuned: {data: pairs}\n" in (folder / "params.yaml").read_text()


def test_a_search_in_memory_is_refused(monkeypatch):
    with pytest.raises(PipelineError) as caught:
        called(tune, monkeypatch, *COMMAND, "tracking=memory")
    assert str(caught.value) == "a search keeps its trials in MLflow. Received: tracking=memory. Expected: tracking=mlflow."


def test_a_search_without_a_trial_that_ends_says_why(folder, monkeypatch):
    (folder / "conf/space/wrong.yaml").write_text("training.batch_size: {choice: [0, -1]}\n")
    with pytest.raises(PipelineError) as caught:
        called(tune, monkeypatch, "data=pairs", "space=wrong", "search=random")
    text = str(caught.value)
    assert text.startswith("none of the 2 trials came to an end. Received: command line: training.batch_size is not possible.")
    assert "What they printed is in" in text
