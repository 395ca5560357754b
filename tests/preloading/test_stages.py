"""Stages that share a server: real processes, with a shell in the place of DVC."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from pipeline.preloading import stages
from tests.support import ROOT

STAGE = f"{sys.executable} -m tests.support.stage"


@pytest.fixture
def dvc(tmp_path):
    """Starts a shell that runs stages one after the other."""
    shells = []

    def start(*stages: str, **variables: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        shell = subprocess.Popen(
            ["sh", "-c", "; ".join([*stages, "exit $?"])],
            cwd=tmp_path,
            env=os.environ | {"DVC_STAGE": "toy", "PYTHONPATH": str(ROOT)} | variables,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )
        shells.append(shell)
        return shell

    yield start
    for shell in shells:
        shell.kill()
        shell.communicate()


def server_of(line: str) -> psutil.Process:
    """The server that has forked a stage, from the first line that the stage prints."""
    return psutil.Process(int(line.split()[1]))


def test_stages_are_forks_of_one_server(dvc):
    out, _ = dvc(f"{STAGE} a", f"{STAGE} b c").communicate()
    first, second = (line.split() for line in out.splitlines())
    assert first == ["True", second[1], "a"]
    assert second == ["True", first[1], "b", "c"]


def test_server_is_there_before_the_first_stage_that_uses_it(dvc):
    out, _ = dvc(f"{STAGE} ahead", f"{STAGE} a").communicate()
    there, stage = out.splitlines()
    assert there == "True"
    assert stage.startswith("True ")


def test_only_a_stage_of_dvc_starts_a_server_ahead(dvc):
    assert dvc(f"{STAGE} ahead", DVC_STAGE="").communicate()[0] == "False\n"


def test_command_outside_dvc_runs_by_itself(dvc):
    shell = dvc(f"{STAGE} a", DVC_STAGE="")
    assert shell.communicate()[0] == f"False {shell.pid} a\n"


def test_stage_with_other_variables_of_libraries_runs_by_itself(dvc):
    shell = dvc(f"{STAGE} a", f"TF_ENABLE_ONEDNN_OPTS=0 {STAGE} b")
    assert shell.communicate()[0].splitlines()[1] == f"False {shell.pid} b"


def test_process_that_cannot_be_seen_has_no_server():
    assert stages._server(0) is None


def test_failing_stage_has_its_line_and_exit_code(dvc, tmp_path):
    shell = dvc(f"{STAGE} fail")
    line = "the stage failed. Received: fail."
    assert shell.communicate()[1] == f"error: {line}\n"
    assert shell.returncode == 1
    assert (tmp_path / "outputs/failures/toy.txt").read_text() == f"{line}\n"


def test_server_ends_with_dvc(dvc):
    shell = dvc(f"{STAGE} a", "read line")
    server = server_of(shell.stdout.readline())
    shell.kill()
    server.wait(60)


def test_stage_is_terminated_when_dvc_is_killed(dvc):
    shell = dvc(f"{STAGE} wait")
    server = server_of(shell.stdout.readline())
    (stage,) = server.children()
    shell.kill()
    stage.wait(60)
    server.wait(60)


def test_signal_reaches_the_stage(dvc):
    shell = dvc(f"exec {STAGE} wait")
    shell.stdout.readline()
    shell.send_signal(signal.SIGINT)
    assert shell.communicate()[1] == "error: interrupted by SIGINT.\n"
    assert shell.returncode == 130


def test_stage_of_a_killed_client_is_killed(dvc):
    shell = dvc(f"{STAGE} wait")
    (stage,) = server_of(shell.stdout.readline()).children()
    (client,) = psutil.Process(shell.pid).children()
    client.kill()
    stage.wait(60)


def test_stage_ends_with_its_server(dvc):
    shell = dvc(f"{STAGE} wait")
    server = server_of(shell.stdout.readline())
    (stage,) = server.children()
    server.kill()
    stage.wait(60)
    shell.communicate()
    assert shell.returncode == 128 + signal.SIGKILL
