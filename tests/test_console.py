"""What a terminal, a log and a CI service receive."""

import io
import json
import sys

import pytest
from rich.text import Text

from pipeline import console
from pipeline.fitted_table import FittedTable
from pipeline.training.listeners.progress import progress
from pipeline.training.schedule import Schedule
from tests.support.modules import loaded_by
from tests.support.terminal import COLOUR, become_terminal


def test_terminal_is_animated(monkeypatch):
    become_terminal(monkeypatch)
    assert console.is_animated()


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("TERM", "dumb"), ("TERM", "unknown")])
def test_terminal_that_keeps_a_log_is_not_animated(monkeypatch, name, value):
    become_terminal(monkeypatch)
    monkeypatch.setenv(name, value)
    assert not console.is_animated()


def test_terminal_without_a_name_keeps_a_log(monkeypatch):
    become_terminal(monkeypatch)
    monkeypatch.delenv("TERM")
    assert console.keeps_log()


@pytest.mark.parametrize(("longest", "width"), [(80, 80), (160, 160), (200, 160)])
def test_text_in_a_file_has_at_most_160_characters(longest, width):
    assert console.text_width(longest) == width


def test_pipe_is_not_animated(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    assert not console.is_animated()


def table() -> str:
    """What a coloured cell of a table is on a terminal."""
    fitted = FittedTable("claim")
    fitted.add_row(Text("met", style="green"))
    console.table_console().print(fitted)
    return sys.stdout.getvalue()


def bar() -> str:
    """What the progress of a training is on a terminal."""
    listener = progress("toy", Schedule(rows=10, batch_size=5, total=40, seed=1))
    listener.on_step(20, {"loss": 0.5})
    if console.is_animated():
        console.table_console(stderr=True).print(listener)
    listener.on_end()
    return sys.stderr.getvalue()


@pytest.mark.parametrize("drawn", [table, bar])
@pytest.mark.parametrize(("name", "has_colour"), [("NO_COLOR", False), ("OTHER", True)])
def test_no_color_removes_colours(monkeypatch, drawn, name, has_colour):
    become_terminal(monkeypatch)
    monkeypatch.setenv(name, "1")
    assert bool(COLOUR.search(drawn())) is has_colour


def test_progress_in_ci_is_plain_lines(monkeypatch):
    become_terminal(monkeypatch)
    monkeypatch.setenv("CI", "true")
    assert "\x1b" not in bar()


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
