"""Follows docs/using-a-model.md with models of the page's names, which are not trained.

So the answers have the form of those on the page, and other numbers.
"""

import csv
import json
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import mlflow
import psutil
import pytest
import uvicorn
from mlflow.pyfunc import scoring_server

from pipeline import predict
from pipeline.data.prepared import CategoricalFeature, Meta, NumericFeature
from pipeline.files import digests_below
from pipeline.models import families, serving
from pipeline.models.families.linear import Linear
from pipeline.runs import result
from pipeline.runs.model_card import ModelCard
from pipeline.runs.record import RunRecord
from pipeline.tracking.stores.mlflow import STORE
from pipeline.tracking.tracker import RunFacts
from tests.support import pages, warm
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.loopback import free_port
from tests.support.metas import images, plain, table
from tests.support.results import write_history
from tests.support.stores import add_store

PAGE = "using-a-model.md"
CIFAR10 = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
MEASUREMENTS = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")


def numbers(*names: str) -> list[NumericFeature]:
    return [NumericFeature(name, [name], missing=0.0, mean=0.0, scale=1.0) for name in names]


def quantity(numeric: list[NumericFeature], categorical: list[CategoricalFeature]) -> Meta:
    features = plain(numeric, categorical)
    size = len(features.features)
    return table(shape=[size], table=features, classes=None, task="regression")


def pictures(height: int, width: int, channels: int, classes: Sequence[str]) -> Meta:
    columns = [f"p{number}" for number in range(height * width * channels)]
    return images(shape=[height, width, channels], classes=list(classes), pixel_columns=columns)


METAS = {
    "flats_rent": quantity(
        numbers("area_m2", "rooms", "floor", "built"),
        [
            CategoricalFeature("district", ["", "Old Town", "Station"]),
            CategoricalFeature("balcony", ["", "no", "yes"]),
        ],
    ),
    "diabetes_mlp": quantity(numbers(*MEASUREMENTS), []),
    "mnist_dnn": pictures(28, 28, 1, "0123456789"),
    "cifar10_mlp": pictures(32, 32, 3, CIFAR10),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project with a trained experiment of each name of the page."""
    folder = tmp_path_factory.mktemp("project")
    add_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, meta in METAS.items():
            _train(name, meta)
    return folder


def _train(name: str, meta: Meta) -> None:
    """Writes what a run leaves, with a network that is not trained."""
    output = Path("outputs") / name
    with STORE.open_run(RunFacts(name, {}, {"run_key": name}, meta, Path("data"))) as tracker:
        card = ModelCard.of(meta, experiment=name, run_id=tracker.run_id, run_key=name, step=1)
        network = families.build(Linear(), meta, seed=1)
        result.save_model(serving.serve(network, meta), output / "model.keras", card)
        (output / "model.json").write_text(card.text(), encoding="utf-8")
        write_history(output, step=1, loss=0.5)
        tracker.log_model(output, step=1)
    ids = {"run_id": tracker.run_id, "run_key": name, "fingerprint": "f"}
    files = digests_below(output)
    RunRecord(**ids, settings="", data={}, environment={}, cpus=[], files=files).write(output)


@dataclass(frozen=True)
class Step:
    """A block of commands under a heading that names a model, and the answer on the page."""

    model: str
    commands: str
    answer: str


def steps() -> list[Step]:
    text = pages.text(PAGE)
    block = r"((?:(?!```).*\n)*)```"
    pattern = rf"^### `(\w+)`|^```sh\n{block}\n\n```(?:csv|json)\n{block}"
    model, found = "", []
    for heading, commands, answer in re.findall(pattern, text, re.MULTILINE):
        model = heading or model
        if commands:
            found.append(Step(model, commands, answer))
    return found


COMMANDS = [step for step in steps() if "curl" not in step.commands]
REQUESTS = [step for step in steps() if "curl" in step.commands]


def run(folder: Path, commands: str) -> str:
    done = subprocess.run(
        ["bash", "-e"],
        cwd=folder,
        input=commands,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | warm.variables() | {"PATH": path}


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines()))


def answers(text: str) -> list[dict[str, object]]:
    """The first prediction of each JSON document, one after the other."""
    decoder, documents = json.JSONDecoder(), []
    while text := text.strip():
        document, end = decoder.raw_decode(text)
        documents += document["predictions"]
        text = text[end:]
    return documents


def test_page_has_an_answer_for_each_model():
    assert {step.model for step in COMMANDS} == {step.model for step in REQUESTS} == set(METAS)


@pytest.fixture
def printed(folder, monkeypatch, call, capsys):
    """Runs the commands of a step. `predict` runs in this process, which has loaded TensorFlow."""
    monkeypatch.chdir(folder)

    def printed(step: Step) -> str:
        pattern = r"^python -m pipeline\.(predict .*)\n"
        before, line, after = re.split(pattern, step.commands, flags=re.MULTILINE)
        run(folder, before)
        call(predict, *shlex.split(line)[1:])
        return capsys.readouterr().out + run(folder, after)

    return printed


@pytest.mark.parametrize("step", COMMANDS, ids=lambda step: step.model)
def test_command_answers_in_the_form_of_the_page(printed, step):
    printed, shown = rows(printed(step)), rows(step.answer)
    assert printed[0] == shown[0]
    assert [len(row) for row in printed] == [len(row) for row in shown]
    assert all(cell for row in printed for cell in row)


@pytest.fixture(scope="module")
def asked(folder):
    """Where the images and rows of the commands lie; each request also runs alone."""
    for step in COMMANDS:
        if "diabetes" in step.model:
            (folder / "patients.csv").write_text(step.commands.split("END'\n")[1].split("END")[0])
    return folder


@contextmanager
def served(folder: Path, model: str) -> Iterator[int]:
    """Serves the model of a run as MLflow's server does, in a thread. Yields the port."""
    run_id = json.loads((folder / f"outputs/{model}/run.json").read_text())["run_id"]
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlruns/mlflow.db")
    app = scoring_server.init(mlflow.pyfunc.load_model(f"runs:/{run_id}/model"))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    run(folder, f"curl -s --retry 100 --retry-delay 1 --retry-connrefused localhost:{port}/ping")
    yield port
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize(
    "model", [name for name in METAS if name != "flats_rent"], ids=lambda name: name
)
def test_server_answers_in_the_form_of_the_page(asked, model):
    with served(asked, model) as port:
        for step in (step for step in REQUESTS if step.model == model):
            printed = run(asked, step.commands.replace("5001", str(port)))
            assert [list(one) for one in answers(printed)] == [
                list(one) for one in answers(step.answer)
            ]


def test_mlflow_serves_a_table_with_text(folder):
    port = free_port()
    (commands,) = (text for text in pages.blocks(PAGE, "sh") if "mlflow models serve" in text)
    server = subprocess.Popen(
        ["bash", "-c", commands.replace("5001", str(port))],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ping = f"curl -s --retry 600 --retry-delay 1 --retry-connrefused localhost:{port}/ping"
        run(folder, ping)
        for step in (step for step in REQUESTS if step.model == "flats_rent"):
            printed = answers(run(folder, step.commands.replace("5001", str(port))))
            assert [list(one) for one in printed] == [list(one) for one in answers(step.answer)]
    finally:
        for child in psutil.Process(server.pid).children(recursive=True):
            child.kill()
        server.kill()
        server.wait()


@pytest.mark.parametrize("block", pages.blocks(PAGE, "python"), ids=["pipeline", "keras"])
def test_python_of_the_page_runs(folder, monkeypatch, capsys, block):
    run(folder, COMMANDS[0].commands.split("python")[0])
    monkeypatch.chdir(folder)
    exec(block, {})
    assert capsys.readouterr().out
