"""What `evaluate` refuses, and how it evaluates a run that no experiment names."""

import json
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from pipeline import evaluate, experiment, layout, recorded_evaluation, train
from pipeline.config import resolved
from pipeline.config.values import write_yaml
from pipeline.errors import PipelineError
from pipeline.evaluation import record
from pipeline.files import write_json
from pipeline.tracking import connection
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal
from tests.support.stores import add_store
from tests.support.toy import config_of, copy_conf


@pytest.fixture
def folder(in_empty_folder):
    return in_empty_folder


@pytest.fixture
def listed(folder):
    """A `params.yaml` that lists two experiments."""
    (folder / "params.yaml").write_text(
        "sources: [toys]\ndata: {toys: toys}\n"
        "experiments: {beef: {data: toys}, shapes: {data: toys}}\n"
    )


OWN_FIGURES = """
from matplotlib.figure import Figure


def empty(subject):
    return Figure()


def failing(subject):
    raise KeyError(subject.name)
"""


@pytest.fixture(scope="module")
def evaluated(repository):
    """The id of a run that was trained by hand and evaluated by the beginning of its id.

    One of two own figures fails. All else must be written and logged.
    """
    add_store(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        config = config_of(repository, "data=pairs", "tracking=mlflow", "training.xla=false")
        run_id = experiment.run(config).run_id
        Path("my_figures.py").write_text(OWN_FIGURES)
        own = [f"my_figures.py:{name}" for name in ("failing", "empty")]
        text = refusal(recorded_evaluation.evaluate_run, run_id[:12], own_figures=own)
        assert text.startswith("figures names a function that fails: my_figures.py:failing. ")
        Path("my_figures.py").unlink()
    return run_id


@pytest.fixture
def run_id(evaluated, in_repository):
    return evaluated


@pytest.fixture
def command(call):
    """Runs `evaluate` with some arguments."""
    return partial(call, evaluate)


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        ([], "nothing"),
        (["a", "b"], "a b"),
        (["experiment="], "experiment="),
        (["run="], "run="),
        (["data=mnist"], "data=mnist"),
        (["experiment=a", "experiment=b"], "experiment=a experiment=b"),
    ],
)
def test_command_line_names_one_experiment_or_run(command, arguments, received):
    assert refusal(command, *arguments) == (
        f"this command takes one experiment or one run. Received: {received}. "
        "Write the name of an experiment, or the id of a run."
    )


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("argument", ["shapes", "experiment=shapes"])
def test_missing_configuration_names_the_command(command, argument):
    assert refusal(command, argument) == (
        "outputs/configs/shapes.yaml is missing. Write it again with: dvc repro compose."
    )


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("arguments", [["evaluate", "shape"], ["train", "--resolved", "shape"]])
def test_unknown_experiment_is_refused_with_a_suggestion(call, arguments):
    command = {"evaluate": evaluate, "train": train}[arguments[0]]
    assert refusal(call, command, *arguments[1:]) == (
        "params.yaml has no experiment of this name. Received: shape. "
        "Did you mean shapes? Allowed: beef, shapes."
    )


@pytest.mark.usefixtures("listed")
def test_digits_name_a_run_unless_an_experiment_has_them_as_its_name(command, monkeypatch):
    monkeypatch.setattr(recorded_evaluation, "evaluate_run", lambda run: refuse(f"run {run}"))
    assert refusal(command, "3f2a91c0") == "run 3f2a91c0."
    assert refusal(command, "beef").startswith("outputs/configs/beef.yaml is missing.")


def refuse(what: str) -> NoReturn:
    raise PipelineError(what)


def test_missing_training_names_the_command(folder, command):
    copy_conf(folder)
    config = config_of(folder, "data=shapes")
    write_yaml(resolved.run_settings(config), layout.CONFIGS / "shapes.yaml")
    assert refusal(command, "experiment=shapes") == (
        "outputs/shapes/run.json is missing. Make it with: dvc repro train@shapes."
    )


def test_help_shows_the_usage(command, capsys):
    with pytest.raises(SystemExit) as caught:
        command("--help")
    assert caught.value.code == 0
    assert "python -m pipeline.evaluate mnist_mlp" in capsys.readouterr().out


def test_run_is_evaluated_next_to_the_experiments(run_id):
    output = layout.EVALUATED_RUNS / run_id
    metrics = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["test"]["accuracy"]["low"] < metrics["test"]["accuracy"]["value"]
    headline = json.loads((output / "headline.json").read_text(encoding="utf-8"))
    assert headline["test"]["accuracy"] == metrics["test"]["accuracy"]["value"]
    assert headline["validation"]["accuracy"] == metrics["validation"]["accuracy"]
    figures = {path.stem for path in (output / "figures").glob("*.png")}
    assert {"confusion_matrix_validation", "confusion_matrix_test", "own_empty"} < figures
    assert json.loads((output / record.FILE).read_text(encoding="utf-8"))["run"]["run_id"] == run_id
    assert not (layout.OUTPUTS / "pairs").exists()


def test_record_has_figures_and_test_metrics(run_id):
    client = connection.client()
    logged = client.get_run(run_id).data
    assert 0 <= logged.metrics["test/balanced_accuracy"] <= 1
    assert "test/accuracy.interval_95" in logged.tags
    figures = {file.path for file in client.list_artifacts(run_id, "figures")}
    assert {"figures/confusion_matrix_validation.png", "figures/own_empty.png"} < figures


def test_training_logs_the_matrix_of_validation(run_id, tmp_path):
    path = connection.client().download_artifacts(run_id, "validation.json", str(tmp_path))
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    counts = content["confusion"]["true_by_predicted"]
    assert content["confusion"]["classes"] == ["above", "below"]
    assert sum(map(sum, counts)) == 12
    assert [sum(row) for row in counts] == list(content["rows_by_class"].values())


def test_unknown_run_is_refused(command, run_id):
    other = "0" if run_id[0] != "0" else "1"
    assert "begins with these digits. Received: " in refusal(command, f"run={other}{run_id[1:]}")


def test_run_without_its_files_is_refused(command, run_id):
    folder = next(layout.mlruns().glob("checkpoints/*/result"))
    folder.rename(folder.with_name("elsewhere"))
    try:
        assert refusal(command, f"run={run_id}") == (
            "the files of this run are not in this project, or it has not finished. "
            f"Received: {run_id}. Train it to its end with the same command."
        )
    finally:
        folder.with_name("elsewhere").rename(folder)


@pytest.mark.usefixtures("listed")
def test_trial_is_evaluated_by_its_run(call, monkeypatch):
    asked = []

    def evaluate_run(run_id: str) -> NoReturn:
        asked.append(run_id)
        raise PipelineError("enough")

    write_json(layout.mlruns() / "sweeps/80a1e5c0b7d2/trials/004.json", {"run_id": "7f3c"})
    monkeypatch.setattr(recorded_evaluation, "evaluate_run", evaluate_run)
    refusal(call, evaluate, "80a1/4")
    assert asked == ["7f3c"]
