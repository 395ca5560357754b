"""Exit codes and error lines of commands. The commands are real processes."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import __main__ as entry
from pipeline import command_line
from pipeline.code import PACKAGE
from tests.support import ROOT
from tests.support.refusals import refusal

HEAD = "from pipeline.command_line import run_command\nfrom pipeline.errors import PipelineError\n"


def command(body: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command with this body of `main`."""
    return subprocess.run(
        [sys.executable, "-c", f"{HEAD}def main():\n    {body}\nrun_command(main)"],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_successful_command_exits_with_0(tmp_path):
    done = command("print('result')", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "result\n", "")


def test_pipeline_error_is_one_line_and_exit_1(tmp_path):
    done = command("raise PipelineError('no', received=1)", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "error: no. Received: 1.\n")


def test_other_error_is_one_line_with_a_hint(tmp_path):
    done = command("raise ValueError('two\\nlines')", tmp_path)
    assert (done.returncode, done.stderr) == (
        1,
        "error: ValueError: two lines. Set PIPELINE_DEBUG=1 to see the traceback.\n",
    )


def test_debugging_shows_the_traceback_first(tmp_path):
    lines = command("raise ValueError('no')", tmp_path, PIPELINE_DEBUG="1").stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "error: ValueError: no."


def test_debugging_set_to_0_is_off(tmp_path):
    done = command("raise ValueError('no')", tmp_path, PIPELINE_DEBUG="0")
    assert done.stderr == "error: ValueError: no. Set PIPELINE_DEBUG=1 to see the traceback.\n"


def test_exit_code_of_the_command_is_kept(tmp_path):
    assert command("raise SystemExit(7)", tmp_path).returncode == 7


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_decides_the_exit_code(tmp_path, number, code):
    # A process that a shell started in the background ignores SIGINT, and its children do too.
    listen = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    kill = f"os.kill(os.getpid(), {int(number)})"
    done = command(f"import os, signal; {listen}; {kill}; signal.pause()", tmp_path)
    assert done.returncode == code


def test_interrupted_command_says_so(tmp_path):
    assert command("raise KeyboardInterrupt", tmp_path).stderr == "error: interrupted by SIGINT.\n"


def test_failed_stage_writes_its_error(tmp_path):
    command("raise PipelineError('no data')", tmp_path, DVC_STAGE="prepare@iris")
    assert (tmp_path / "outputs/failures/prepare@iris.txt").read_text() == "no data.\n"


def test_successful_stage_deletes_its_old_error(tmp_path):
    line = tmp_path / "outputs/failures/prepare@iris.txt"
    line.parent.mkdir(parents=True)
    line.write_text("no data.\n")
    command("pass", tmp_path, DVC_STAGE="prepare@iris")
    assert not line.exists()


def test_failure_outside_a_stage_writes_no_file(tmp_path):
    command("raise PipelineError('no data')", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_unwritable_failure_is_still_one_line(tmp_path):
    (tmp_path / "outputs").write_text("no folder")
    done = command("raise PipelineError('no data')", tmp_path, DVC_STAGE="prepare@iris")
    assert (done.returncode, done.stderr) == (
        1,
        "error: no data. Writing outputs/failures/prepare@iris.txt failed: Not a directory.\n",
    )


def test_failure_may_hold_any_file_name(tmp_path):
    body = "raise PipelineError(os.fsdecode(b'no \\xdf.csv'))"
    done = command(f"import os; {body}", tmp_path, DVC_STAGE="prepare@iris")
    assert (done.returncode, done.stderr) == (1, "error: no \\udcdf.csv.\n")
    assert (tmp_path / "outputs/failures/prepare@iris.txt").read_text() == "no \\udcdf.csv.\n"


def test_undeletable_old_error_does_not_hide_success(tmp_path):
    (tmp_path / "outputs/failures/prepare@iris.txt").mkdir(parents=True)
    done = command("pass", tmp_path, DVC_STAGE="prepare@iris")
    assert (done.returncode, done.stderr) == (
        0,
        "warning: outputs/failures/prepare@iris.txt is outdated, but deleting it failed: "
        "Is a directory\n",
    )


@pytest.mark.parametrize("debug", ["0", "1"])
def test_passwords_are_in_no_error(tmp_path, debug):
    body = "raise ValueError('http://u:S3CRET@host refused S3CRET-2')"
    done = command(
        body,
        tmp_path,
        DVC_STAGE="train@iris",
        PIPELINE_DEBUG=debug,
        MLFLOW_TRACKING_TOKEN="S3CRET-2",
    )
    assert "error: ValueError: http://host refused ***." in done.stderr
    left = (tmp_path / "outputs/failures/train@iris.txt").read_text()
    assert "S3CRET" not in done.stdout + done.stderr.replace(body, "") + left


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_prints_the_docstring(monkeypatch, capsys, flag):
    monkeypatch.setattr(sys, "argv", ["train", "seed=1", flag])
    with pytest.raises(SystemExit) as exit_:
        command_line.arguments("Trains.")
    assert (exit_.value.code, capsys.readouterr().out) == (0, "Trains.\n")


def test_arguments_are_returned_in_their_order(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train", "seed=1", "data=iris"])
    assert command_line.arguments("Trains.") == ["seed=1", "data=iris"]


def test_experiment_name_is_read_from_the_arguments():
    assert command_line.experiment_name(["experiment=iris_mlp"]) == "iris_mlp"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["mnist_mlp", "seed=3"], ["experiment=mnist_mlp", "seed=3"]),
        (["-m", "seed=1,2", "mnist_mlp"], ["-m", "seed=1,2", "experiment=mnist_mlp"]),
        (["experiment=a", "seed=3"], ["experiment=a", "seed=3"]),
        (["a", "b"], ["experiment=a", "b"]),
        (["--resolved"], ["--resolved"]),
        ([], []),
    ],
)
def test_name_alone_is_that_of_an_experiment(words, expected):
    assert command_line.with_key(words, "experiment") == expected


def test_path_is_not_the_name_of_an_experiment():
    assert refusal(command_line.experiment_name, ["experiment=../iris_mlp"]) == (
        "the name of the experiment is invalid. Received: ../iris_mlp. "
        "Use lower-case letters, digits and _, at most 100."
    )


@pytest.mark.parametrize(
    ("words", "received"),
    [
        ([], "nothing"),
        (["experiment="], "experiment="),
        (["data=iris"], "data=iris"),
        (["experiment=a", "experiment=b"], "experiment=a experiment=b"),
    ],
)
def test_other_arguments_than_one_experiment_are_refused(words, received):
    assert refusal(command_line.experiment_name, words) == (
        f"this command takes one experiment. Received: {received}. Write its name."
    )


def test_listing_has_every_command_once(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pipeline"])
    entry.main()
    names = re.findall(r"^  (\w+) +\S", capsys.readouterr().out, re.MULTILINE)
    assert sorted(names) == sorted(PACKAGE.commands())


def test_command_is_run_by_its_name(in_repository):
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "look", "pairs"],
        cwd=in_repository,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "side" in done.stdout


def test_unknown_command_has_a_suggestion(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pipeline", "trian"])
    assert refusal(entry.main).startswith(
        "there is no command of this name. Received: trian. Did you mean train?"
    )
