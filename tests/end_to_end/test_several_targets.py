"""Follows docs/several-targets.md in this process: from files to tested models and answers."""

import json
import shlex
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from pipeline import add, experiment, fetch, predict, prepare, recorded_evaluation
from pipeline.layout import EVALUATED_RUNS, mlruns
from pipeline.runs.result import MODEL, Result
from tests.support import ROOT, pages
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.stores import add_store
from tests.support.toy import config_of

PAGE = "several-targets.md"
COMMANDS = [line for block in pages.blocks(PAGE, "sh") for line in block.splitlines()]
EXAMPLES = ("energy", "messages", "films")
STARTS, HEADERS = pages.blocks(PAGE, "csv")[:3], pages.blocks(PAGE, "csv")[3:]
NUMBERS, LABELS, LISTS, MONITOR = map(yaml.safe_load, pages.blocks(PAGE, "yaml"))
FAST = (
    "model=mlp",
    "training.epochs=25",
    "training.xla=false",
    "tracking=mlflow",
    "tracking.log_model=false",
)


def command_of(module: ModuleType, *words: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", [module.__name__, *words])
        module.main()


def commands_of(module: ModuleType) -> list[list[str]]:
    start = f"python -m {module.__name__} "
    return [shlex.split(line.removeprefix(start)) for line in COMMANDS if line.startswith(start)]


def config(folder: Path, name: str) -> Any:
    monitor = MONITOR["training"]["early_stopping"]["monitor"]
    stopping = (f"training.early_stopping.monitor={monitor}",) if name == "energy" else ()
    return config_of(folder, f"data={name}", *FAST, *stopping)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project to which the commands of the page added both files."""
    folder = tmp_path_factory.mktemp("several")
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copytree(ROOT / "docs/examples", folder / "docs/examples")
    shutil.copy(ROOT / "params.yaml", folder)
    add_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for words in commands_of(add):
            command_of(add, *words)
        for name in EXAMPLES:
            command_of(fetch, f"source={name}")
            command_of(prepare, f"data={name}")
    return folder


@pytest.fixture(scope="module")
def runs(project: Path) -> dict[str, Result]:
    """A run of each file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        return {name: experiment.run(config(project, name)) for name in EXAMPLES}


@pytest.fixture(scope="module")
def tested(project: Path, runs: dict[str, Result]) -> Path:
    """The folder with the test results of the labels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        recorded_evaluation.evaluate_run(runs["messages"].run_id)
    return project / EVALUATED_RUNS / runs["messages"].run_id


@pytest.fixture(autouse=True)
def in_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_page_shows_the_start_of_the_files():
    for name, start in zip(EXAMPLES, STARTS, strict=True):
        assert Path(f"docs/examples/{name}.csv").read_text(encoding="utf-8").startswith(start)


def test_commands_write_the_lines_of_the_page():
    for name, shown in zip(EXAMPLES, (NUMBERS, LABELS, LISTS), strict=True):
        written = yaml.safe_load(Path(f"conf/data/{name}.yaml").read_text(encoding="utf-8"))
        assert written == shown


def test_page_names_experiments_of_params():
    experiments = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["experiments"]
    assert {*EXAMPLES} <= experiments.keys()
    assert "dvc repro evaluate@energy" in COMMANDS
    assert "python -m pipeline.report energy" in COMMANDS


def test_each_number_is_explained(runs):
    measured = runs["energy"].metrics
    assert measured["validation/r2"] > 0.7
    assert {"validation/mae/heating_load", "validation/mae/cooling_load"} <= measured.keys()
    assert "validation/mse" not in measured


def test_labels_are_learnt_separately(tested):
    measured = json.loads((tested / "metrics.json").read_text(encoding="utf-8"))
    assert measured["headline"] == "macro_f1"
    assert measured["test"]["roc_auc"]["value"] > 0.75
    assert measured["test"]["hamming_loss"]["value"] < 0.35
    assert measured["tables"]["test"]["confusion"].keys() == {"spam", "insult", "question"}
    baselines = measured["baselines"]
    assert baselines.keys() == {"commonest_class", "linear", "boosting"}
    assert not any("left_out" in one for one in baselines.values())


def test_labels_of_one_column_are_learnt(runs):
    assert runs["films"].metrics["validation/macro_f1"] > 0.6
    assert "validation/f1/action" not in runs["films"].metrics
    recorded_evaluation.evaluate_run(runs["films"].run_id)
    text = Path(EVALUATED_RUNS, runs["films"].run_id, "metrics.json").read_text(encoding="utf-8")
    assert json.loads(text)["test"]["f1/action"]["value"] > 0.8


def test_labels_have_confusion_matrices(tested):
    splits = ("validation", "test")
    expected = {"learning_curves", *(f"confusion_matrix_{split}" for split in splits)}
    assert {file.stem for file in (tested / "figures").glob("*.png")} == expected


def test_answers_have_a_column_for_each_target(runs):
    labels = LISTS["label_lists"]["genres"]["labels"]
    columns = [f"{kind}_{label}" for kind in ("prediction", "probability") for label in labels]
    for words, header in zip(
        commands_of(predict), [*HEADERS, f"{','.join(columns)}\n"], strict=True
    ):
        name, *rest = words
        result = mlruns() / "checkpoints" / runs[name].run_key / "result" / MODEL
        command_of(predict, str(result), *rest)
        lines = Path(rest[-1]).read_text(encoding="utf-8").splitlines()
        rows = len(Path(rest[0]).read_text(encoding="utf-8").splitlines())
        assert (f"{lines[0]}\n", len(lines)) == (header, rows)
