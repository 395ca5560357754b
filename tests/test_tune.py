"""`pipeline.tune` on toy data: a real MLflow store and real trainings, in this process."""

import io
import json
import math
import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from pipeline import train, tune
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import Direction
from pipeline.studies import record
from pipeline.studies.confirming import Confirmation
from pipeline.studies.outcome import Status
from pipeline.studies.trial_process import Answer, Cause, TrialProcess
from pipeline.tracking import connection
from tests.support import ROOT
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal
from tests.support.stores import add_store
from tests.support.trials import HereProcess

COMMAND = [
    "data=pairs",
    "search=hyperband",
    "search.trials=5",
    "search.max_epochs=3",
    "training.early_stopping=null",
    "training.batch_size=12",
    "tracking.log_model=false",
]
SPACE = """optimizer.learning_rate: {float: [1.0e-03, 1.0e-01], log: true}
training.xla: {choice: [false]}
"""
PARAMS = "sources: [pairs]\ndata:\n  pairs: pairs\nexperiments:\n  pairs: {data: pairs}\n"
DIVERGED = Answer.failed("training diverged.", Cause.TRIAL)
PAUSED = Answer(Status.PAUSED, "run", metrics={"validation/accuracy": 1.0}, epochs=1.0)


@pytest.fixture(scope="module")
def folder(repository):
    """The toy repository, with a space and a list of experiments."""
    (repository / "params.yaml").write_text(PARAMS)
    (repository / "conf/space/pairs.yaml").write_text(SPACE)
    add_store(repository)
    return repository


def enter(folder, patch):
    patch.chdir(folder)
    patch.delenv("MLFLOW_TRACKING_URI", raising=False)
    patch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture(autouse=True)
def _in_folder(folder, monkeypatch):
    enter(folder, monkeypatch)


def call(command, patch, *arguments):
    """Runs a command's `main` in this process. Returns its JSON and its stderr."""
    patch.setattr(sys, "argv", ["command", *arguments])
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        command.main()
    return json.loads(out.getvalue().splitlines()[-1]), err.getvalue()


@pytest.fixture(scope="module")
def search_output(folder):
    """The result of a search, and what it logged."""
    with pytest.MonkeyPatch.context() as patch:
        enter(folder, patch)
        patch.setattr(TrialProcess, "run", HereProcess.run)
        return call(tune, patch, *COMMAND, "search.save_as=tuned", "search.confirm_seeds=2")


@pytest.fixture
def result(search_output):
    return search_output[0]


def runs(filter_string):
    client = connection.client()
    experiments = [client.get_experiment_by_name("pairs").experiment_id]
    return client.search_runs(experiments, filter_string, order_by=["attributes.start_time"])


def test_last_line_is_the_result(result):
    keys = ["best", "epochs", "failed", "run_id", "search_id", "status", "trials"]
    assert sorted(result) == keys
    assert (result["status"], result["trials"], result["failed"]) == ("FINISHED", 5, 0)
    # Three trials train for 1 epoch, one of them for 3; then two trials train for 3.
    assert result["epochs"] == {"spent": 11.0, "restarting": 12.0}


def test_trials_are_children_of_the_search(result):
    (parent,) = runs("tags.kind = 'search'")
    children = runs(f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert (parent.info.run_id, parent.info.status) == (result["run_id"], "FINISHED")
    assert parent.data.tags["search_id"] == result["search_id"]
    assert parent.data.tags["best.run_id"] == result["best"]["run_id"]
    assert parent.data.params["search.method"] == '"hyperband"'
    trials = {child.data.tags["trial"]: child for child in children if "trial" in child.data.tags}
    assert sorted(one.info.status for one in trials.values()) == (
        ["FINISHED"] * 3 + ["SCHEDULED"] * 2
    )
    assert {number: child.info.run_name for number, child in trials.items()} == {
        str(number): f"trial {number}" for number in range(5)
    }
    assert {child.data.tags["search_id"] for child in children} == {result["search_id"]}


def test_mlflow_has_table_and_best_so_far(result):
    client = connection.client()
    assert "trials.csv" in {file.path for file in client.list_artifacts(result["run_id"])}
    history = client.get_metric_history(result["run_id"], "best")
    assert [point.step for point in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1].value == result["best"]["objective"]


def test_record_ranks_the_finished_trials(result):
    search = record.read(Path("mlruns/search") / result["search_id"])
    assert (search.kind, search.method, search.experiment) == ("search", "hyperband", "pairs")
    assert search.counts == {"PAUSED": 2, "FINISHED": 3}
    assert [rank.mark for rank in search.ranking] == ["best", "", ""]
    assert search.ranking[0].mean == result["best"]["objective"]
    assert search.overrides == result["best"]["overrides"]


def test_search_has_a_figure_of_its_trials(result):
    folder = Path("mlruns/search") / result["search_id"] / record.FIGURES
    assert [file.name for file in folder.iterdir()] == ["parallel_coordinates.png"]


def test_logged_command_trains_the_best_trial(search_output, monkeypatch):
    result, err = search_output
    overrides = result["best"]["overrides"]
    assert f"\n  {shlex.join(['python', '-m', 'pipeline.train', *overrides])}\n" in err
    assert call(train, monkeypatch, *overrides)[0]["run_id"] == result["best"]["run_id"]


def test_finished_search_is_not_run_again(result, monkeypatch):
    assert call(tune, monkeypatch, *COMMAND)[0] == result


def test_smaller_budget_keeps_the_trials(result, monkeypatch):
    assert call(tune, monkeypatch, *COMMAND, "search.trials=3")[0] == result


def test_best_trial_is_saved_as_an_experiment(folder, result):
    tuned = compose_experiment(["experiment=tuned"])
    trial = compose_experiment(result["best"]["overrides"])
    assert tuned.optimizer == trial.optimizer
    assert tuned.model == trial.model
    assert tuned.training == trial.training
    assert "  tuned: {data: pairs}\n" in (folder / "params.yaml").read_text()


def test_winner_is_confirmed_by_other_seeds(result):
    confirming = runs("attributes.run_name LIKE 'confirms, seed %'")
    assert {run.info.run_name for run in confirming} == {"confirms, seed 1", "confirms, seed 2"}
    assert {run.data.tags["search_id"] for run in confirming} == {result["search_id"]}
    values = [run.data.metrics["best/validation/accuracy"] for run in confirming]
    (claim,) = compose_experiment(["experiment=tuned"]).claims
    limit = Confirmation([1, 2], values).limit(Direction.max)
    assert (claim.metric, claim.at_least) == (
        "validation/accuracy",
        math.floor(1000 * limit) / 1000,
    )


@pytest.fixture
def answer(monkeypatch):
    """Lets all trials end with one answer, without a training."""
    return lambda one: monkeypatch.setattr(TrialProcess, "run", lambda *_, **__: one)


def test_search_without_a_finished_trial_says_why(answer, monkeypatch):
    answer(DIVERGED)
    arguments = ["data=pairs", "search=random", "search.trials=2"]
    text = refusal(call, tune, monkeypatch, *arguments)
    assert text.startswith("none of the 2 trials finished. Received: training diverged.")
    assert "Read what they printed in" in text


def test_paused_trials_have_no_best(folder, answer, monkeypatch):
    (folder / "conf/space/small.yaml").write_text(
        "optimizer.learning_rate: {choice: [0.01, 0.1]}\n"
    )
    answer(PAUSED)
    arguments = [*COMMAND, "space=small", "search.save_as=none_of_them"]
    assert refusal(call, tune, monkeypatch, *arguments).startswith(
        "none of the 2 trials finished. "
        "Received: 2 trials stayed paused: their bracket could not be filled, "
    )
    assert not (folder / "conf/experiment/none_of_them.yaml").exists()


def test_confirming_seeds_are_those_of_no_trial(folder, monkeypatch):
    (folder / "conf/space/seeds.yaml").write_text("seed: {choice: [1, 2, 4]}\n")
    seeds = []

    def run(_process, trial, **_):
        seeds.append(compose_experiment(trial.overrides).seed)
        return Answer(Status.FINISHED, "run", metrics={"validation/accuracy": 0.9})

    monkeypatch.setattr(TrialProcess, "run", run)
    arguments = ["data=pairs", "space=seeds", "search=random", "search.trials=3"]
    call(tune, monkeypatch, *arguments, "search.save_as=seeds_tuned", "search.confirm_seeds=3")
    assert (sorted(seeds[:3]), seeds[3:]) == ([1, 2, 4], [3, 5, 6])


@pytest.mark.parametrize(
    ("space", "arguments", "message"),
    [
        (
            SPACE,
            ["tracking=memory"],
            "a search needs MLflow to record its trials. "
            "Received: tracking=memory. Choose tracking=mlflow.",
        ),
        (
            SPACE,
            ["force=true"],
            "a search resumes its trials. Received: force=true. Remove force=true.",
        ),
        (
            SPACE,
            ["checkpoint.pause_at=1"],
            "a search decides itself when its trials pause. "
            "Received: checkpoint.pause_at=1. Remove checkpoint.pause_at.",
        ),
        (
            "training.loss: {choice: [null, perceptron]}\n",
            ["search.objective={metric: validation/loss, direction: min}"],
            "validation/loss does not measure the same in all trials. "
            "Received: training.loss in the space. "
            "Choose another search.objective, or remove the setting from the space.",
        ),
        (
            "training.class_weight: {choice: [balanced, {above: 2.0}]}\n",
            ["search.objective.metric=validation/weighted_loss"],
            "validation/weighted_loss does not measure the same in all trials. "
            "Received: training.class_weight in the space. "
            "Choose another search.objective, or remove the setting from the space.",
        ),
        (
            SPACE,
            ["search.objective.metric=validation/r2"],
            "search.objective.metric names a metric that does not suit classification. "
            "Received: r2. Choose a metric for classification.",
        ),
        (
            "model.unitz: {choice: [[8], [4]]}\n",
            [],
            "the space holds invalid settings. Received: model.unitz=[8]. "
            "command line: model.unitz is not a setting. ",
        ),
    ],
    ids=["memory", "force", "pause", "loss", "weighted loss", "other task", "setting"],
)
def test_invalid_search_is_rejected_in_one_line(folder, monkeypatch, space, arguments, message):
    (folder / "conf/space/invalid.yaml").write_text(space)
    command = ["data=pairs", "space=invalid", "search=random", *arguments]
    assert refusal(call, tune, monkeypatch, *command).startswith(message)
