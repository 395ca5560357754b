"""The environment in which a run is made again."""

import json
import sys

import pytest

from pipeline import environment
from pipeline.reproducing.process import Commands, differing_variables
from tests.support.refusals import refusal

PROGRAM = """
import json, os
from pathlib import Path
Path("variables.json").write_text(json.dumps(dict(os.environ)))
"""


def variables_in(folder, recorded) -> dict[str, str]:
    (folder / "pipeline").mkdir()
    (folder / "pipeline/__init__.py").touch()
    (folder / "pipeline/program.py").write_text(PROGRAM, encoding="utf-8")
    Commands(folder, recorded, sys.executable).run("program")
    content: dict[str, str] = json.loads((folder / "variables.json").read_text(encoding="utf-8"))
    return content


def recorded(variables=(), **keras):
    present = environment.settings()
    return {"variables": dict(variables), "keras": {**present["keras"], **keras}}


@pytest.fixture(autouse=True)
def _no_server(monkeypatch):
    monkeypatch.delenv("TESTS_WARM_SERVER", raising=False)


def test_variables_are_those_of_the_run(tmp_path, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--here")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///elsewhere.db")
    monkeypatch.setenv("MINE", "1")
    found = variables_in(tmp_path, recorded({"TF_DETERMINISTIC_OPS": "1"}))
    assert found["TF_DETERMINISTIC_OPS"] == found["MINE"] == "1"
    assert not {"XLA_FLAGS", "MLFLOW_TRACKING_URI"} & found.keys()


def test_record_sets_no_other_variable(tmp_path):
    assert "LD_PRELOAD" not in variables_in(tmp_path, recorded({"LD_PRELOAD": "evil.so"}))


def test_keras_has_the_settings_of_the_run(tmp_path):
    found = variables_in(tmp_path, recorded(epsilon=0.01))
    stored = json.loads((tmp_path / ".keras/keras.json").read_text(encoding="utf-8"))
    assert found["KERAS_HOME"] == str(tmp_path / ".keras")
    assert stored["epsilon"] == 0.01


def test_equal_settings_of_keras_need_no_home_of_their_own(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    assert "KERAS_HOME" not in variables_in(tmp_path, recorded())


def test_command_that_fails_is_named(tmp_path):
    commands = Commands(tmp_path, recorded(), sys.executable)
    assert refusal(commands.run, "nothing", "data=x").startswith(
        f"python -m pipeline.nothing data=x failed in {tmp_path}. Received: exit code 1"
    )


def test_variable_with_another_value_is_named(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--here")
    assert differing_variables(recorded({"TF_X": "1"})) == [
        "TF_X was 1, and here it is not set",
        "XLA_FLAGS was not set, and here it is --here",
    ]
