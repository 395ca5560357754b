"""Trials in a child process: what they return, and how they fail. The child runs no training here."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.signals import Interrupted
from pipeline.studies import trial_process, trial_runner
from pipeline.studies.interrupting import stop_all
from pipeline.studies.trial_process import RUNNER, TrialProcess

CHILD = """
import os, signal, sys
from pipeline.errors import PipelineError
from pipeline.sweeping import trial_runner

def run(request, interruption):
    exec(request["overrides"][0], {"os": os, "signal": signal, "sys": sys, "PipelineError": PipelineError})
    return {"status": "FINISHED", "pid": os.getpid(), "tags": request["tags"]}

trial_runner.run = run
trial_runner._load = lambda: None
trial_runner.main()
"""


@pytest.fixture
def process(monkeypatch, tmp_path):
    """A process whose trials are lines of Python."""
    real = trial_process.subprocess.Popen

    def popen(command, **settings):
        return real([sys.executable, "-X", RUNNER, "-c", CHILD, *command[-2:]], **settings)

    monkeypatch.setattr(trial_process.subprocess, "Popen", popen)
    made = TrialProcess()
    yield lambda code, threads=1: made.run(
        [code], threads=threads, tags={"a": "b"}, log=tmp_path / "log.txt"
    )
    made.close()


def test_trials_share_one_process(process):
    assert process("pass")["pid"] == process("pass")["pid"] != os.getpid()


def test_other_threads_want_another_process(process):
    assert process("pass")["pid"] != process("pass", threads=2)["pid"]


def test_a_trial_gets_its_tags(process):
    assert process("pass")["tags"] == {"a": "b"}


def test_what_a_trial_prints_is_in_its_log(process, tmp_path):
    process("print('to stdout', flush=True); os.write(2, b'to stderr')")
    assert (tmp_path / "log.txt").read_text() == "to stdout\nto stderr"


@pytest.mark.parametrize(
    ("code", "reason", "cause"),
    [
        (
            "raise PipelineError('it diverged', received='nan')",
            "it diverged. Received: nan.",
            "trial",
        ),
        (
            "from pipeline.errors import StoreError; raise StoreError('it is locked')",
            "it is locked.",
            "machine",
        ),
        (
            "open('/dev/full', 'w').write('x' * 9000)",
            "OSError: [Errno 28] No space left on device",
            "machine",
        ),
        ("1 / 0", "ZeroDivisionError: division by zero", "trial"),
        ("sys.exit(3)", "exit with 3", "trial"),
        ("os._exit(4)", "the process ended with exit code 4", "trial"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "the process was killed by SIGSEGV", "trial"),
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            "the process was killed by SIGKILL, as the kernel does where memory runs out",
            "kill",
        ),
    ],
)
def test_a_trial_fails_alone_and_says_why(process, code, reason, cause):
    assert process(code) == {"status": "FAILED", "reason": reason, "cause": cause}
    assert process("pass")["status"] == "FINISHED"


def test_the_traceback_of_a_surprise_is_in_the_log(process, tmp_path):
    process("1 / 0")
    assert "ZeroDivisionError" in (tmp_path / "log.txt").read_text()


def test_a_trial_that_was_told_to_stop_is_no_failure(process):
    with pytest.raises(Interrupted) as end:
        process("os.kill(os.getpid(), signal.SIGTERM)")
    assert end.value.code == 143


def test_a_trial_leaves_ctrl_c_to_what_started_it(process):
    assert process("os.kill(os.getpid(), signal.SIGINT)")["status"] == "FINISHED"


def test_stopping_ends_the_trials_below_this_process(process, tmp_path):
    begun = tmp_path / "begun"
    with ThreadPoolExecutor() as threads:
        ended = threads.submit(process, f"open({str(begun)!r}, 'w').close(); signal.pause()")
        while not begun.exists():
            time.sleep(0.01)
        stop_all()
        with pytest.raises(Interrupted):
            ended.result()


def test_a_child_that_died_between_trials_is_replaced(process):
    first = process("pass")["pid"]
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert process("pass")["status"] == "FINISHED"


def test_an_interruption_is_not_taken_for_a_reason(monkeypatch, tmp_path, capfd):
    def run(_request, _interruption):
        raise Interrupted(143)

    monkeypatch.setattr(trial_runner, "run", run)
    monkeypatch.setattr(trial_runner, "_print_to", lambda _log: None)
    with pytest.raises(Interrupted):
        trial_runner.attempt({"log": str(tmp_path / "log")}, None)
