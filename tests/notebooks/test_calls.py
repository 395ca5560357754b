"""`pipeline.run`, `pipeline.runs` and `pipeline.compose` in the process of a notebook."""

import shutil
import signal

import numpy as np
import pandas as pd
import pytest

import pipeline
from pipeline.errors import PipelineError
from pipeline.evaluation import predictions
from pipeline.models.scores import ClassScores, NumberScores, ScoresByTarget
from pipeline.training import process
from tests.support.metas import numbers, table
from tests.support.refusals import refusal

FAST = {"epochs": 2, "xla": False}  # XLA takes seconds to compile


@pytest.fixture(autouse=True)
def here(in_project):
    return in_project


@pytest.fixture(scope="module")
def run(project):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        return pipeline.run("iris_logistic", **FAST)


def test_history_has_a_row_for_each_epoch(run):
    assert run.history.index.tolist() == [1, 2]
    assert run.history.index.dtype == int
    assert run.history["step"].tolist() == [12, 24]


def test_metrics_are_those_of_the_saved_weights(run):
    assert run.metrics["validation/loss"] == run.history["validation/loss"].iloc[-1]


def test_run_is_displayed_with_its_metrics(run):
    assert "validation/accuracy" in run._repr_html_()
    assert repr(run).startswith(f"<iris_logistic, run {run.run_id[:8]}: validation/loss")


def test_learning_curves_need_no_test(run):
    assert list(run.figures) == ["learning_curves"]
    assert run.figures["learning_curves"]._repr_png_().startswith(b"\x89PNG")
    assert run.figures._repr_html_().startswith('<img alt="iris_logistic: loss and metrics')


def test_model_predicts_rows_of_the_table(run):
    rows = pd.DataFrame({"petal_length": [1.4], "petal_width": [0.2]})
    assert run.model.predict(rows)[0] in run.model.classes


def test_network_is_the_trained_one(run):
    kernel, bias = run.network.layers[-1].get_weights()
    assert (kernel.shape, bias.shape) == ((2, 1), (1,))


def test_predictions_need_a_test(run):
    assert refusal(lambda: run.predictions) == (
        "the run has no predictions of the test split yet. "
        f"Received: no outputs/runs/{run.run_id}/predictions.npz. Call evaluate()."
    )


@pytest.fixture
def file_of_predictions(run, in_project):
    path = in_project / f"outputs/runs/{run.run_id}/predictions.npz"
    path.parent.mkdir(parents=True)
    yield path
    shutil.rmtree(path.parent)


def test_predictions_of_classes_have_a_probability(run, file_of_predictions):
    scores = ClassScores(np.array([0, 1]), np.log([[0.75, 0.25], [0.5, 0.5]]), ["a", "b"])
    predictions.write(file_of_predictions, scores, table(), truth="t")
    assert run.predictions.to_dict("list") == {
        "true": ["a", "b"],
        "predicted": ["a", "a"],
        "probability": [0.75, 0.5],
    }


def test_predictions_of_several_numbers_stand_side_by_side(run, file_of_predictions):
    part = NumberScores(np.array([1.0]), np.array([2.0]))
    scores = ScoresByTarget({"u": part, "v": part})
    predictions.write(file_of_predictions, scores, numbers("u", "v"), truth="t")
    assert run.predictions.to_dict("records") == [
        {("u", "true"): 1, ("u", "predicted"): 2, ("v", "true"): 1, ("v", "predicted"): 2}
    ]


def test_same_settings_return_the_same_run(run):
    assert pipeline.run("iris_logistic", **FAST).run_id == run.run_id


def test_finished_run_pins_threads_for_later_trainings(run, monkeypatch):
    pinned = []
    monkeypatch.setattr(process, "pin", lambda *, threads: pinned.append(threads))
    pipeline.run("iris_logistic", **FAST)
    assert pinned == [2]


def test_notebook_may_lie_in_any_project_folder(run, in_project, monkeypatch):
    folder = in_project / "deep" / "er"
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)
    assert pipeline.run("iris_logistic", **FAST).run_id == run.run_id


def test_table_shows_settings_that_differ(run):
    other = pipeline.run("iris_logistic", learning_rate=0.5, **FAST)
    table = pipeline.runs("iris_logistic")
    assert table.loc[[run.run_id, other.run_id], "optimizer.learning_rate"].tolist() == [0.1, 0.5]
    assert "seed" not in table
    assert table.loc[run.run_id, "validation/loss"] == run.metrics["validation/loss"]


def test_table_of_an_experiment_without_runs_is_empty(in_project):
    assert len(pipeline.runs("mnist_mlp")) == 0


def test_compose_changes_settings(in_project):
    settings = pipeline.compose("iris_logistic", epochs=5)
    assert settings["training"]["epochs"] == 5


def test_functions_are_also_modules():
    from pipeline import compose, runs

    assert compose.main.__module__ == "pipeline.compose"
    assert runs.__path__


def test_outside_of_a_project_is_refused(in_empty_folder):
    message = refusal(pipeline.run, "iris_logistic")
    assert message.startswith("this folder is not inside a project with conf/ and params.yaml")


def test_run_without_files_has_no_model(in_project):
    run = pipeline.run("iris_logistic", tracking="memory", seed=9, **FAST)
    message = refusal(run.evaluate)
    assert message.startswith("the files of this run are not in this project, or it has not")


def test_interrupted_training_resumes(in_project, monkeypatch):
    from pipeline.training.listeners import progress

    monkeypatch.setattr(progress.LineProgress, "on_point", lambda *_: signal.raise_signal(2))
    settings = {"epochs": 3, "xla": False, "seed": 5}
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match="the same call resumes"):
        pipeline.run("iris_logistic", **settings)
    monkeypatch.undo()
    monkeypatch.chdir(in_project)
    assert len(pipeline.run("iris_logistic", **settings).history) == 3
    assert signal.getsignal(signal.SIGINT) == before


def test_notebook_shows_errors_in_one_line():
    error = PipelineError("the setting is invalid", received=3)
    assert error._render_traceback_() == ["error: the setting is invalid. Received: 3."]


def test_runs_of_an_unknown_experiment_are_refused(run):
    message = refusal(pipeline.runs, "iris_logistc")
    assert message.startswith(
        "there is no experiment of this name. Received: iris_logistc. Did you mean iris_logistic?"
    )


def test_unknown_figure_is_refused(run):
    message = refusal(run.figures.__getitem__, "curves", error=KeyError)
    assert "there is no figure curves. Allowed: learning_curves." in message


def test_completion_offers_the_functions():
    assert dir(pipeline) == ["compose", "load", "run", "runs"]


def test_message_of_a_notebook_names_no_command_line():
    message = refusal(pipeline.compose, "iris_logistc")
    assert message.startswith("experiment has no file of this name. Received: experiment=iris_")
