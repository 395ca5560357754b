"""Error messages, and the exit codes of commands. The commands are real processes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError, PipelineError, require, suggestion
from tests.support import ROOT
from tests.support.refusals import refusal

HEAD = "from pipeline.command_line import run_command\nfrom pipeline.errors import PipelineError\n"


def command(body: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command whose `main` has this body."""
    return subprocess.run(
        [sys.executable, "-c", f"{HEAD}def main():\n    {body}\nrun_command(main)"],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_error_has_three_parts_in_one_line():
    error = PipelineError(
        "a.csv, line 3: not a number", received="x", expected="Expected: a number"
    )
    assert str(error) == "a.csv, line 3: not a number. Received: x. Expected: a number."


def test_absent_parts_are_left_out():
    assert str(PipelineError("a.csv is missing")) == "a.csv is missing."


def test_received_zero_is_shown():
    error = PipelineError("training.epochs is invalid", received=0)
    assert str(error) == "training.epochs is invalid. Received: 0."


@pytest.mark.parametrize("end", [".", "?", "!"])
def test_final_punctuation_is_not_doubled(end):
    assert str(PipelineError(f"Is this it{end}")) == f"Is this it{end}"


@given(what=st.text(), received=st.text(), expected=st.text())
def test_any_text_becomes_one_line(what, received, expected):
    assert len(str(PipelineError(what, received=received, expected=expected)).splitlines()) == 1


def test_config_error_names_its_key():
    error = ConfigError("training.epochs", "is invalid", received=-1)
    assert (error.key, error.what) == ("training.epochs", "training.epochs is invalid")


def test_require_accepts_a_true_condition():
    require(True, "seed", received=1, expected="anything")


def test_require_refuses_a_false_condition():
    message = refusal(
        require, False, "seed", error=ConfigError, received=-1, expected="a number from 0"
    )
    assert message == "seed is invalid. Received: -1. Expected: a number from 0."


def test_similar_name_is_suggested():
    assert (
        suggestion("bacth_size", ["batch_size", "epochs"])
        == "Did you mean batch_size? Allowed: batch_size, epochs."
    )


def test_no_name_is_suggested_without_a_similar_one():
    assert suggestion("zzz", ["epochs", "batch_size"]) == "Allowed: batch_size, epochs."


def test_empty_choice_allows_nothing():
    assert suggestion("a", []) == "Allowed: nothing."


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
        "error: ValueError: two lines PIPELINE_DEBUG=1 shows the traceback.\n",
    )


def test_debugging_shows_the_traceback_first(tmp_path):
    lines = command("raise ValueError('no')", tmp_path, PIPELINE_DEBUG="1").stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "error: ValueError: no"


def test_debugging_set_to_0_is_off(tmp_path):
    done = command("raise ValueError('no')", tmp_path, PIPELINE_DEBUG="0")
    assert done.stderr == "error: ValueError: no PIPELINE_DEBUG=1 shows the traceback.\n"


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
