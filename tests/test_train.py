"""`pipeline.train` as a person and DVC run it: real processes, a real MLflow store."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from pipeline import compose, evaluate, train
from pipeline.tracking import connection
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support import warm
from tests.support.refusals import refusal
from tests.support.stores import add_store

PARAMS = """sources: [shapes]
data: {shapes: shapes}
experiments: {shapes: {data: shapes}}
overrides: [training.epochs=2, training.xla=false]
"""


@pytest.fixture(scope="module", autouse=True)
def _store(repository):
    add_store(repository)


@pytest.fixture(autouse=True)
def folder(in_repository):
    """The toy repository, with an experiment for DVC."""
    (in_repository / "params.yaml").write_text(PARAMS)
    return in_repository


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.train", *arguments],
        env=os.environ | warm.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_terminated_run_is_killed_in_mlflow():
    endless = ["training.epochs=100000", "training.early_stopping=null", "training.xla=false"]
    endless.append("training.batch_size=12")
    child = start("data=pairs", *endless)
    watchdog = threading.Timer(60, child.kill)
    watchdog.start()
    first = child.stderr.readline()
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate()
    watchdog.cancel()
    assert first.startswith("pairs: epoch ")
    assert (child.returncode, out) == (143, "")
    client = connection.client()
    (run,) = client.search_runs([client.get_experiment_by_name("pairs").experiment_id])
    assert run.info.status == "KILLED"


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_multirun_replaces_the_process_by_a_sweep(call, monkeypatch, flags):
    def execv(path, arguments):
        raise SystemExit((path, arguments))

    monkeypatch.setattr(os, "execv", execv)
    with pytest.raises(SystemExit) as caught:
        call(train, "data=shapes", "-m", "seed=1,2", *flags)
    command = [sys.executable, "-m", "pipeline.sweep", "data=shapes", "seed=1,2", *flags]
    assert caught.value.code == (sys.executable, command)


@pytest.mark.parametrize("multirun", [[], ["-m"]])
def test_unknown_flag_is_rejected(call, multirun):
    assert refusal(call, train, *multirun, "--epochs", "data=shapes") == (
        "unknown flag. Received: --epochs. Use -m, --resolved <experiment>, "
        "--allow-environment, --show, --json, --help."
    )


@pytest.mark.parametrize("multirun", [[], ["-m"]])
def test_flag_of_hydra_leads_to_show(call, multirun):
    text = refusal(call, train, *multirun, "data=shapes", "--cfg", "job")
    assert text.endswith("with: python -m pipeline.train <experiment> --show.")


def test_help_shows_examples(call, capsys):
    with pytest.raises(SystemExit):
        call(train, "--help")
    assert "python -m pipeline.train mnist_mlp" in capsys.readouterr().out


def test_dvc_evaluates_into_the_run_it_trained(folder, call, capsys):
    call(compose)
    call(train, "--resolved", "shapes")
    result = json.loads(capsys.readouterr().out)
    call(evaluate, "experiment=shapes")
    output = folder / "outputs/shapes"
    assert json.loads((output / "run.json").read_text())["run_id"] == result["run_id"]
    figures = {
        "confusion_matrix_test",
        "confusion_matrix_validation",
        "first_layer_weights",
        "learning_curves",
        "reliability_diagram",
        "sample_images",
        "worst_errors",
    }
    assert {path.stem for path in (output / "figures").glob("*.png")} == figures
    metrics = json.loads((output / "metrics.json").read_text())
    logged = connection.client().get_run(result["run_id"]).data
    assert logged.metrics["test/accuracy"] == pytest.approx(metrics["test"]["accuracy"]["value"])
    assert logged.tags["test.models_before"] == "0"


def test_name_of_another_folder_is_refused(call):
    assert refusal(call, train, "--resolved", "../shapes") == (
        "the name of the experiment is invalid. Received: ../shapes. "
        "Use lower-case letters, digits and _, at most 100."
    )


def test_dvc_needs_a_resolved_file(call, folder):
    listed = PARAMS.replace("experiments: {", "experiments: {own: {data: shapes}, ")
    (folder / "params.yaml").write_text(listed)
    assert refusal(call, train, "--resolved", "own") == (
        "outputs/configs/own.yaml is missing. Write it again with: dvc repro compose."
    )
