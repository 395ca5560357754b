"""What a terminal, a log and a CI service receive."""

import io
import sys

import pytest

from pipeline import console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Makes both streams a terminal that can move its cursor."""
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    return sys.stdout


@pytest.mark.usefixtures("terminal")
def test_terminal_is_animated():
    assert console.is_animated()


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("TERM", "dumb")])
def test_terminal_that_keeps_a_log_is_not_animated(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert not console.is_animated()


def test_pipe_is_not_animated(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    assert not console.is_animated()
