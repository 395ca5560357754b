"""The table of docs/dependencies.md: which stages run again after an edit, and which run keys."""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import code, syntax
from pipeline.code import Package
from pipeline.config import resolved, usual
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.runs.identity import chosen_code, run_code
from pipeline.syntax import Module
from tests.support import ROOT

EXPERIMENTS = ("cifar10_cnn", "diabetes_mlp", "digits_cnn", "iris_perceptron")
CHOSEN = "those that choose it"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    edit: str
    file: str
    stages: set[str]
    stages_that_choose: set[str]
    run_keys: str


def rows() -> list[Row]:
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [_row(*cells) for cells in lines[1:]]


def _row(edit: str, file: str, stages: str, stages_that_choose: str, run_keys: str) -> Row:
    names = [set(re.findall(r"\w+", cell)) for cell in (stages, stages_that_choose)]
    return Row(edit, file.strip("`"), *names, run_keys)


def edit(row: Row, path: Path) -> None:
    """Makes the edit that a row describes."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if row.edit == "the text of an error":
        assert 'expected="' in text
        text = text.replace('expected="', 'expected="Another text. ')
    elif row.edit == "a setting of an optimizer":
        text += "ema_momentum: 0.99\n"
    elif row.edit.startswith("a comment") or path.suffix == ".md":
        text += "# A comment.\n"
    elif path.suffix == ".py":
        text += "_EDITED = True\n"
    else:
        text += "/* an edit */\n"
    path.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class State:
    """The files of `outputs/` that stages depend on, by path, and the run keys by experiment."""

    files: dict[str, object]
    keys: dict[str, object]


def composed(folder: Path) -> dict[str, ExperimentConfig]:
    """The configurations of a few experiments that choose different things."""
    conf = folder / "conf"
    return {name: compose_experiment([f"experiment={name}"], conf=conf) for name in EXPERIMENTS}


def state(folder: Path, configs: Mapping[str, ExperimentConfig]) -> State:
    """Computes what the stages `code` and `compose` would write in a copy of the project."""
    package = Package(folder / "pipeline")
    files: dict[str, object] = {
        f"outputs/code/{command}.txt": package.listing(package.command_closure(command))
        for command in package.commands()
    }
    files["conf"] = [path.read_text("utf-8") for path in sorted((folder / "conf").rglob("*.yaml"))]
    keys = {}
    for name, config in configs.items():
        values = resolved.effective_settings(config)
        files[f"outputs/configs/{name}.yaml"] = values
        files[f"outputs/configs/{name}.code.txt"] = package.listing(chosen_code(config, package))
        keys[name] = (values, package.digest(run_code(config, package)))
    return State(files, keys)


def chooses(config: ExperimentConfig, item: str) -> bool:
    """Whether an experiment chooses this model family, optimizer or metric."""
    measured = usual.METRICS[config.data.task]
    return item in {config.model.family, config.optimizer.family, *measured}


@cache
def read_content(name: str, path: Path, content: bytes) -> Module:
    return syntax.read(name, path)


@pytest.fixture(scope="module", autouse=True)
def _unchanged_files_are_read_once() -> Iterator[None]:
    """Each state of the package differs in one file from the one before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code, "read", lambda name, path: read_content(name, path, path.read_bytes()))
        yield


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for part in ("pipeline", "conf"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    shutil.copy(ROOT / "README.md", folder)
    return folder


@pytest.fixture(scope="module")
def configs(project: Path) -> dict[str, ExperimentConfig]:
    return composed(project)


@pytest.fixture(scope="module")
def before(project: Path, configs: dict[str, ExperimentConfig]) -> State:
    return state(project, configs)


def stages(changed: set[str], key: str | None) -> set[str]:
    """The stages that depend on a changed file: of one experiment, or those that need none."""
    text = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    stale = set()
    for name, stage in yaml.safe_load(text)["stages"].items():
        own = [dep.replace("${key}", key or "${key}") for dep in _read_by(stage.get("do", stage))]
        if changed & set(own):
            stale.add(name.removesuffix("_own"))
    return stale


def _read_by(stage: Mapping[str, Any]) -> list[str]:
    """The files of a stage's dependencies, and those of its parameters."""
    entries = [entry for entry in stage.get("params", []) if isinstance(entry, dict)]
    return [*stage["deps"], *(file for entry in entries for file in entry)]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.edit)
def test_edit_reruns_what_the_table_says(row, project, configs, before):
    path = project / row.file
    original = path.read_text(encoding="utf-8") if path.exists() else None
    edit(row, path)
    after = state(project, composed(project) if row.file.startswith("conf/") else configs)
    path.unlink() if original is None else path.write_text(original, encoding="utf-8")

    changed = {file for file, content in after.files.items() if before.files[file] != content}
    for_all = stages(changed, key=None)
    choosing = {name for name, config in configs.items() if chooses(config, path.stem)}
    assert for_all == row.stages
    for name in EXPERIMENTS:
        expected = row.stages_that_choose if name in choosing else set()
        assert stages(changed, key=name) - for_all == expected - for_all, name
    keys = {name for name in EXPERIMENTS if before.keys[name] != after.keys[name]}
    assert keys == {"none": set(), "all": set(EXPERIMENTS), CHOSEN: choosing}[row.run_keys]
    if row.stages_that_choose:
        assert set() < choosing < set(EXPERIMENTS)


def test_table_has_the_edits_and_the_new_files():
    edits = [row.edit for row in rows()]
    assert len(edits) == len(set(edits)) >= 14
    assert [row.file for row in rows() if "new" in row.edit and (ROOT / row.file).exists()] == []
