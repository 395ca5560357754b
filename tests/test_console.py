"""What a terminal, a log and a CI service receive."""

import io
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
