"""What a person reads when something is wrong; commands are real processes."""

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


def test_an_error_has_three_parts_in_one_line():
    error = PipelineError(
        "a.csv, line 3: not a number", received="x", expected="Expected: a number"
    )
    assert str(error) == "a.csv, line 3: not a number. Received: x. Expected: a number."


def test_parts_that_are_not_given_are_left_out():
    assert str(PipelineError("a.csv is missing")) == "a.csv is missing."


def test_a_received_zero_is_shown():
    assert (
        str(PipelineError("training.epochs is not possible", received=0))
        == "training.epochs is not possible. Received: 0."
    )


@pytest.mark.parametrize("end", [".", "?", "!"])
def test_a_sentence_that_has_its_end_gets_no_second_one(end):
    assert str(PipelineError(f"Is this it{end}")) == f"Is this it{end}"


@given(what=st.text(), received=st.text(), expected=st.text())
def test_an_error_is_one_line_whatever_it_is_given(what, received, expected):
    assert len(str(PipelineError(what, received=received, expected=expected)).splitlines()) == 1


def test_a_configuration_error_names_its_key():
    error = ConfigError("training.epochs", "is not possible", received=-1)
    assert (error.key, error.what) == ("training.epochs", "training.epochs is not possible")


def test_require_lets_a_true_condition_pass():
    require(True, "seed", received=1, expected="anything")


def test_require_refuses_a_false_condition():
    with pytest.raises(ConfigError) as caught:
        require(False, "seed", received=-1, expected="a number from 0")
    assert str(caught.value) == "seed is not possible. Received: -1. Expected: a number from 0."


def test_a_name_that_comes_near_is_suggested():
    assert (
        suggestion("bacth_size", ["batch_size", "epochs"])
        == "Did you mean batch_size? Allowed: batch_size, epochs."
    )


def test_nothing_is_suggested_where_no_name_comes_near():
    assert suggestion("zzz", ["epochs", "batch_size"]) == "Allowed: batch_size, epochs."


def test_it_is_said_when_nothing_is_allowed():
    assert suggestion("a", []) == "Allowed: nothing."


def test_a_command_that_ends_well_exits_with_0(tmp_path):
    done = command("print('result')", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "result\n", "")


def test_a_named_error_is_one_line_and_exit_1(tmp_path):
    done = command("raise PipelineError('no', received=1)", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "error: no. Received: 1.\n")


def test_an_unforeseen_error_is_one_line_and_says_how_to_see_more(tmp_path):
    done = command("raise ValueError('two\\nlines')", tmp_path)
    assert (done.returncode, done.stderr) == (
        1,
        "error: ValueError: two lines PIPELINE_DEBUG=1 shows the traceback.\n",
    )


def test_debugging_shows_the_traceback_above_the_line(tmp_path):
    lines = command("raise ValueError('no')", tmp_path, PIPELINE_DEBUG="1").stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "error: ValueError: no"


def test_debugging_set_to_0_is_off(tmp_path):
    done = command("raise ValueError('no')", tmp_path, PIPELINE_DEBUG="0")
    assert done.stderr == "error: ValueError: no PIPELINE_DEBUG=1 shows the traceback.\n"


def test_an_exit_code_of_the_command_itself_is_kept(tmp_path):
    assert command("raise SystemExit(7)", tmp_path).returncode == 7


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_command_with_its_code(tmp_path, number, code):
    heard = "signal.signal(signal.SIGINT, signal.default_int_handler)"  # a suite in the background of a shell ignores it
    done = command(
        f"import os, signal; {heard}; os.kill(os.getpid(), {int(number)}); signal.pause()", tmp_path
    )
    assert done.returncode == code


def test_an_interrupted_command_says_so(tmp_path):
    assert command("raise KeyboardInterrupt", tmp_path).stderr == "error: interrupted by SIGINT.\n"


def test_a_failed_stage_keeps_its_line(tmp_path):
    command("raise PipelineError('no data')", tmp_path, DVC_STAGE="prepare@iris")
    assert (tmp_path / "outputs/failures/prepare@iris.txt").read_text() == "no data.\n"


def test_a_stage_that_ends_well_forgets_its_failure(tmp_path):
    line = tmp_path / "outputs/failures/prepare@iris.txt"
    line.parent.mkdir(parents=True)
    line.write_text("no data.\n")
    command("pass", tmp_path, DVC_STAGE="prepare@iris")
    assert not line.exists()


def test_a_command_outside_a_stage_keeps_no_line(tmp_path):
    command("raise PipelineError('no data')", tmp_path)
    assert list(tmp_path.iterdir()) == []
