"""The command that shows curves, on a real store."""

import io
import os
import pty
import shlex
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from pipeline import watch
from pipeline.tracking.curves import reader
from pipeline.tracking.stores.mlflow import STORE
from pipeline.tracking.tracker import Measurement, RunFacts
from tests.support import ROOT, pages
from tests.support.metas import images
from tests.support.modules import loaded_by
from tests.support.refusals import refusal
from tests.support.stores import add_store

SETTINGS = {"data": {"task": "classification"}, "training": {"epochs": 4, "steps": None}}


def facts(name: str) -> RunFacts:
    return RunFacts(name, SETTINGS, {"run_key": name, "experiment": name}, images(), Path("data"))


def points(*losses: float) -> list[Measurement]:
    return [
        Measurement(
            5 * epoch,
            1_000 * epoch,
            {"epoch": epoch, "seconds": epoch, "train/loss": loss, "validation/loss": 2 * loss},
        )
        for epoch, loss in enumerate(losses, start=1)
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A store with the finished run `mnist_mlp`."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "conf").mkdir()
    add_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with STORE.open_run(facts("mnist_mlp")) as tracker:
            tracker.log_metrics(points(0.75, 0.5, float("nan")))
    return folder


@pytest.fixture
def in_project(project, monkeypatch):
    monkeypatch.chdir(project)
    return project


def test_finished_run_is_printed_once(call, in_project, capsys):
    call(watch)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["mnist_mlp", "finished", "3/4", "0.5", "loss", "1", "1", "at", "2"]
    assert lines[3].rstrip() == "mnist_mlp: loss"


def test_commands_of_the_page_work(call, in_project, capsys):
    (block,) = pages.blocks("watching.md", "sh")
    (run_id,) = [run.run_id for run in reader().runs() if run.name == "mnist_mlp"]
    for line in block.replace("1a2b3c", run_id[:6]).splitlines():
        _, _, module, *names = shlex.split(line, comments=True)
        assert module == "pipeline.watch"
        call(watch, *names)
        assert "mnist_mlp" in capsys.readouterr().out


def test_running_run_has_the_state_running(call, in_project, capsys):
    with STORE.open_run(facts("now")) as tracker:
        tracker.log_metrics(points(0.75, 0.5))
        call(watch, "--once")
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["now", "running", "2/4"]


def test_log_of_a_ci_service_gets_it_once(call, in_project, monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(watch, "Live", None)
    with STORE.open_run(facts("in_ci")) as tracker:
        tracker.log_metrics(points(0.75, 0.5))
        call(watch, "in_ci")
    assert terminal.getvalue().count("in_ci: loss") == 1


def test_writer_of_the_store_is_not_waited_for(call, in_project, capsys):
    with closing(sqlite3.connect(in_project / "mlruns/mlflow.db")) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE runs SET name = 'renamed'")
        call(watch, "mnist_mlp")
        writer.rollback()
    assert capsys.readouterr().out.splitlines()[1].startswith("mnist_mlp ")


def test_nothing_is_written(call, in_project):
    before = (in_project / "mlruns/mlflow.db").read_bytes()
    call(watch, "--once")
    assert (in_project / "mlruns/mlflow.db").read_bytes() == before


def test_project_without_runs_names_the_command(call, in_empty_folder, capsys):
    call(watch)
    assert "python -m pipeline.train <experiment>" in capsys.readouterr().out


def test_unknown_run_is_refused(call, in_project):
    assert refusal(call, watch, "mnist_mpl") == (
        "there is no run, sweep or search of this name or id. Received: mnist_mpl. "
        "Did you mean mnist_mlp? Allowed: in_ci, mnist_mlp, now."
    )


def test_damaged_store_is_refused(call, in_empty_folder):
    (in_empty_folder / "mlruns").mkdir()
    (in_empty_folder / "mlruns/mlflow.db").write_text("no database")
    assert "mlflow.db failed. Received: file is not a database" in refusal(call, watch)


def test_command_loads_neither_mlflow_nor_tensorflow():
    assert not {"tensorflow", "keras", "mlflow"} & loaded_by("import pipeline.watch")


def test_interrupt_ends_the_view_and_shows_the_cursor(in_project):
    ours, theirs = pty.openpty()
    with STORE.open_run(facts("long")) as tracker:
        tracker.log_metrics(points(0.75, 0.5))
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.watch"],
            env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "CI": ""},
            stdout=theirs,
            stderr=subprocess.PIPE,
        )
        os.close(theirs)
        screen = b""
        while b"long: loss" not in screen:
            screen += os.read(ours, 4096)
        process.send_signal(signal.SIGINT)
        with suppress(OSError):  # the end of a terminal
            while chunk := os.read(ours, 4096):
                screen += chunk
        error = process.communicate()[1]
    os.close(ours)
    assert (process.returncode, error) == (130, b"error: interrupted by SIGINT.\n")
    assert screen.rindex(b"\x1b[?25h") > screen.rindex(b"\x1b[?25l")
