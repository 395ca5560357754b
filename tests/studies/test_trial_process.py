"""Trials in a child process: their answers and their failures. The child runs no training here."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.signals import Interrupted
from pipeline.studies import trial_process, trial_runner
from pipeline.studies.interrupting import stop_trials
from pipeline.studies.outcome import Status
from pipeline.studies.trial import Trial
from pipeline.studies.trial_process import RUNNER, Answer, Cause, TrialProcess

# A trial is a line of Python in place of overrides. Its answer holds the process id and the tags.
CHILD = """
import os, signal, sys
from pipeline.errors import PipelineError
from pipeline.studies import trial_runner
from pipeline.studies.outcome import Status
from pipeline.studies.trial_process import Answer

def run(request, interruption):
    names = {"os": os, "signal": signal, "sys": sys, "PipelineError": PipelineError}
    exec(request["overrides"][0], names)
    return Answer(Status.FINISHED, run_id=str(os.getpid()), fingerprint=str(request["tags"]))

trial_runner.run = run
trial_runner._load = lambda: None
trial_runner.main()
"""


@pytest.fixture(scope="module")
def process():
    """One `TrialProcess` for all tests, because its child takes a second to start."""
    real = trial_process.subprocess.Popen

    def popen(command, **settings):
        return real([sys.executable, "-X", RUNNER, "-c", CHILD, *command[-2:]], **settings)

    process = TrialProcess()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial_process.subprocess, "Popen", popen)
        yield process
        process.close()


@pytest.fixture
def run(process, tmp_path):
    """Runs lines of Python as trials."""

    def run(code: str, threads: int = 1) -> Answer:
        trial, log = Trial(0, {}, [code]), tmp_path / "log.txt"
        return process.run(trial, threads=threads, tags={"a": "b"}, log=log)

    return run


def test_trials_share_one_process(run):
    assert run("pass").run_id == run("pass").run_id != str(os.getpid())


def test_other_threads_need_another_process(run):
    assert run("pass").run_id != run("pass", threads=2).run_id


def test_trial_receives_its_tags(run):
    assert run("pass").fingerprint == "{'a': 'b'}"


def test_trial_prints_to_its_log(run, tmp_path):
    run("print('to stdout', flush=True); os.write(2, b'to stderr')")
    assert (tmp_path / "log.txt").read_text() == "to stdout\nto stderr"


@pytest.mark.parametrize(
    ("code", "reason", "cause"),
    [
        (
            "raise PipelineError('it diverged', received='nan')",
            "it diverged. Received: nan.",
            Cause.TRIAL,
        ),
        (
            "from pipeline.errors import StoreError; raise StoreError('it is locked')",
            "it is locked.",
            Cause.MACHINE,
        ),
        (
            "open('/dev/full', 'w').write('x' * 9000)",
            "OSError: [Errno 28] No space left on device",
            Cause.MACHINE,
        ),
        ("1 / 0", "ZeroDivisionError: division by zero", Cause.TRIAL),
        ("sys.exit(3)", "exit with 3", Cause.TRIAL),
        ("os._exit(4)", "the process ended with exit code 4", Cause.TRIAL),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "the process was killed by SIGSEGV", Cause.TRIAL),
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            "the process was killed by SIGKILL, probably out of memory",
            Cause.KILL,
        ),
    ],
)
def test_failed_trial_says_why(run, code, reason, cause):
    assert run(code) == Answer.failed(reason, cause)
    assert run("pass").status is Status.FINISHED


def test_traceback_is_in_the_log(run, tmp_path):
    run("1 / 0")
    assert "ZeroDivisionError" in (tmp_path / "log.txt").read_text()


def test_failed_trial_shows_no_password(run, tmp_path):
    answer = run("raise ValueError('no answer from http://user:S3CRET@host')")
    assert answer.reason == "ValueError: no answer from http://host"
    assert (tmp_path / "log.txt").read_text().endswith("\nValueError: no answer from http://host\n")


def test_kernel_ends_the_process_with_its_parent(run, tmp_path):
    run(
        "import ctypes; number = ctypes.c_int(); PR_GET_PDEATHSIG = 2;"
        "ctypes.CDLL(None).prctl(PR_GET_PDEATHSIG, ctypes.byref(number)); print(number.value)"
    )
    run("sys.stdout.flush()")
    assert (tmp_path / "log.txt").read_text() == f"{signal.SIGTERM:d}\n"


def test_interrupted_trial_has_not_failed(run):
    with pytest.raises(Interrupted) as end:
        run("os.kill(os.getpid(), signal.SIGTERM)")
    assert end.value.code == 143


def test_trial_ignores_ctrl_c(run):
    assert run("os.kill(os.getpid(), signal.SIGINT)").status is Status.FINISHED


def test_stopping_ends_the_trials_of_this_process(run, tmp_path):
    started = tmp_path / "started"
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(run, f"open({str(started)!r}, 'w').close(); signal.pause()")
        while not started.exists():
            time.sleep(0.01)
        stop_trials()
        with pytest.raises(Interrupted):
            answer.result()


def test_child_that_died_between_trials_is_replaced(run):
    first = int(run("pass").run_id)
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert run("pass").status is Status.FINISHED


def test_interruption_is_not_a_reason_of_failure(monkeypatch, tmp_path):
    def run(_request, _interruption):
        raise Interrupted(143)

    monkeypatch.setattr(trial_runner, "run", run)
    monkeypatch.setattr(trial_runner, "_print_to", lambda _log: None)
    with pytest.raises(Interrupted):
        trial_runner.attempt({"log": str(tmp_path / "log")}, None)
