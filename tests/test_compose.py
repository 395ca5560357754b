"""The stage `compose` writes the settings of all experiments, or keeps the last ones."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipeline import compose, composing
from pipeline.config.experiment_composition import compose_experiment
from pipeline.errors import PipelineError
from pipeline.layout import CONFIGS, PLAN
from tests.support import ROOT
from tests.support.refusals import refusal


def test_failed_stage_keeps_its_outputs(in_empty_folder):
    """With the outputs of dvc.yaml and a command that fails."""
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["compose"]
    stages = {"compose": {"cmd": "exit 1", "outs": stage["outs"]}}
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}), encoding="utf-8")
    CONFIGS.mkdir(parents=True)
    files = [CONFIGS / "toy.yaml", PLAN]
    for path in files:
        path.write_text("old", encoding="utf-8")
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "--no-scm", "-q"], check=True)
    run = subprocess.run([*dvc, "repro"], capture_output=True, text=True, check=False)
    assert "failed to run: exit 1" in run.stderr
    assert [path.read_text(encoding="utf-8") for path in files] == ["old", "old"]


def test_files_of_removed_experiments_go(here, call, monkeypatch):
    monkeypatch.setattr(composing, "compose_all", lambda _planned: [])
    call(compose)
    assert list(CONFIGS.iterdir()) == []


def test_error_keeps_all_files(here, call, monkeypatch):
    def fail(_config: object) -> str:
        raise PipelineError("the code is unreadable")

    configs = [compose_experiment(["experiment=iris_logistic"])]
    monkeypatch.setattr(composing, "compose_all", lambda _planned: configs)
    monkeypatch.setattr(composing, "listing", fail)
    refusal(call, compose)
    assert PLAN.read_text(encoding="utf-8") == "old"
    assert [path.name for path in CONFIGS.iterdir()] == ["toy.yaml"]


@pytest.fixture
def here(in_empty_folder):
    """The project's settings, with the outputs of an earlier `compose`."""
    shutil.copytree(ROOT / "conf", "conf")
    shutil.copy(ROOT / "params.yaml", "params.yaml")
    CONFIGS.mkdir(parents=True)
    for path in (CONFIGS / "toy.yaml", PLAN):
        path.write_text("old", encoding="utf-8")
    return in_empty_folder
