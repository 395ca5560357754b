"""`pipeline.train` and `pipeline.evaluate` as a person and DVC run them: real processes, a real store."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from pipeline import compose, evaluate, train
from pipeline.errors import PipelineError
from pipeline.tracking import store
from tests.support import ROOT
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.toy import prepare_all

KEYS = ["run_id", "run_key", "fingerprint", "status", "metrics"]
SHORT = ["training.epochs=2", "training.early_stopping=null"]
PARAMS = "sources: [shapes]\ndata: {shapes: shapes}\nexperiments: {shapes: {data: shapes}}\noverrides: [training.epochs=2]\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A repository of toy data; the package itself is where it is."""
    folder = tmp_path_factory.mktemp("repository")
    prepare_all(folder)
    (folder / "params.yaml").write_text(PARAMS)
    return folder


@pytest.fixture(autouse=True)
def _here(folder, monkeypatch):
    monkeypatch.chdir(folder)


def started(module: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"pipeline.{module}", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def called(monkeypatch: pytest.MonkeyPatch, main: object, *arguments: str) -> None:
    """Runs a command's `main` in this process."""
    monkeypatch.setattr(sys, "argv", ["command", *arguments])
    main()


def refusal(monkeypatch: pytest.MonkeyPatch, main: object, *arguments: str) -> str:
    with pytest.raises(PipelineError) as caught:
        called(monkeypatch, main, *arguments)
    return str(caught.value)


def test_the_last_line_is_the_result_and_all_else_is_on_stderr(folder):
    child = started("train", "data=shapes", *SHORT)
    out, err = child.communicate()
    assert child.returncode == 0, err
    (line,) = out.splitlines()
    result = json.loads(line)
    assert list(result) == KEYS
    assert result["status"] == "FINISHED"
    assert err.startswith("shapes: epoch ")
    assert {text.split(":")[0] for text in err.splitlines()} == {"shapes"}
    run = store.client().get_run(result["run_id"])
    assert (run.info.status, run.data.tags["run_key"]) == ("FINISHED", result["run_key"])
    assert run.data.tags["fingerprint"] == result["fingerprint"]


def test_a_run_that_is_terminated_is_killed_in_the_store(folder):
    child = started("train", "data=pairs", "training.epochs=100000", "training.early_stopping=null")
    watchdog = threading.Timer(60, child.kill)
    watchdog.start()
    first = child.stderr.readline()
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate()
    watchdog.cancel()
    assert first.startswith("pairs: epoch ")
    assert (child.returncode, out) == (143, "")
    client = store.client()
    (run,) = client.search_runs([client.get_experiment_by_name("pairs").experiment_id])
    assert run.info.status == "KILLED"


def test_a_sweep_with_an_impossible_run_runs_nothing(folder, monkeypatch, capsys):
    assert refusal(monkeypatch, train.main, "-m", "data=shapes", "training.batch_size=8,0") == (
        "command line: training.batch_size is not possible. Received: 0. Expected: a whole number from 1."
    )
    assert capsys.readouterr().out == ""


def test_an_unknown_flag_is_refused(monkeypatch):
    assert refusal(monkeypatch, train.main, "--epochs", "data=shapes") == (
        "an unknown flag. Received: --epochs. Expected: -m, --resolved or --help."
    )


@pytest.mark.parametrize("command", [train, compose])
def test_help_says_how_a_command_is_called(monkeypatch, capsys, command):
    called(monkeypatch, command.main, "--help")
    assert f"python -m {command.__name__}" in capsys.readouterr().out


def test_what_dvc_trains_is_evaluated_into_the_same_run(folder, monkeypatch, capsys):
    called(monkeypatch, compose.main)
    called(monkeypatch, train.main, "--resolved", "shapes")
    result = json.loads(capsys.readouterr().out)
    called(monkeypatch, evaluate.main, "experiment=shapes")
    output = folder / "outputs/shapes"
    metrics = json.loads((output / "metrics.json").read_text())
    assert json.loads((output / "run.json").read_text())["run_id"] == result["run_id"]
    names = [
        "confusion_matrix",
        "first_layer_weights",
        "learning_curves",
        "sample_images",
        "worst_errors",
    ]
    assert sorted(path.stem for path in (output / "figures").glob("*.png")) == names
    assert list(metrics) == sorted(
        [
            "headline",
            "train",
            "validation",
            "test",
            "parameters",
            "epochs",
            "steps",
            "seconds",
            "examples_per_second",
        ]
    )
    logged = store.client().get_run(result["run_id"]).data.metrics
    assert logged["test/accuracy"] == pytest.approx(metrics["test"]["accuracy"]["value"])


def test_training_by_dvc_needs_a_resolved_file(monkeypatch):
    assert refusal(monkeypatch, train.main, "--resolved", "mnist_mlp") == (
        "outputs/configs/mnist_mlp.yaml is missing. Write it again with: dvc repro compose."
    )
