"""What a terminal, a log and a CI service receive."""

import io
import json
import sys

import pytest

from pipeline import console
from tests.support.modules import loaded_by


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def become_terminal(monkeypatch) -> None:
    """Makes both streams a terminal that can move its cursor."""
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)


def test_terminal_is_animated(monkeypatch):
    become_terminal(monkeypatch)
    assert console.is_animated()


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("TERM", "dumb")])
def test_terminal_that_keeps_a_log_is_not_animated(monkeypatch, name, value):
    become_terminal(monkeypatch)
    monkeypatch.setenv(name, value)
    assert not console.is_animated()


def test_pipe_is_not_animated(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    assert not console.is_animated()


def test_loading_is_said_on_a_terminal_only(monkeypatch):
    become_terminal(monkeypatch)
    console.say_loading()
    assert sys.stderr.getvalue() == "Loading TensorFlow …\n"
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    console.say_loading()
    assert sys.stderr.getvalue() == ""


@pytest.mark.parametrize(
    "command",
    ["train", "evaluate", "repeat", "sweep", "tune", "predict", "inspect", "export"],
)
def test_command_says_so_before_it_imports_libraries(command):
    heavy = {"numpy", "omegaconf", "hydra", "pandas", "tensorflow", "mlflow"}
    assert not heavy & loaded_by(f"import pipeline.{command}")


VALUES = {"status": "FINISHED"}
ANSWER = "accuracy 0.9\nNext: python -m pipeline.ui\n"


def answer(*, as_json: bool = False) -> None:
    console.answer(VALUES, ["accuracy 0.9"], next_command="python -m pipeline.ui", as_json=as_json)


def test_terminal_gets_the_result_in_words_and_the_next_command(monkeypatch):
    become_terminal(monkeypatch)
    answer()
    assert (sys.stdout.getvalue(), sys.stderr.getvalue()) == (ANSWER, "")


def test_terminal_gets_json_on_request(monkeypatch):
    become_terminal(monkeypatch)
    answer(as_json=True)
    assert json.loads(sys.stdout.getvalue()) == VALUES
    assert sys.stderr.getvalue() == "accuracy 0.9\n"


def test_pipe_gets_json_and_stderr_the_words(capsys):
    answer()
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == (VALUES, "accuracy 0.9\n")


def test_stage_of_dvc_has_no_next_command(monkeypatch):
    become_terminal(monkeypatch)
    monkeypatch.setenv("DVC_STAGE", "train@x")
    answer()
    assert sys.stdout.getvalue() == "accuracy 0.9\n"
