"""How a command ends."""

import os
import subprocess
import sys
from typing import IO

import pytest

from tests.support import ROOT

HEAD = """\
import atexit, sys, threading, time
from pipeline.preloading.ending import end_after, module_of_command

class Kept:
    def __del__(self):
        print("freed", flush=True)

kept = Kept()
"""


def run(*lines: str, stdout: int | IO[str] = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """Runs a program that begins with HEAD."""
    command = [sys.executable, "-c", "\n".join([HEAD, *lines])]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    pipe = subprocess.PIPE
    return subprocess.run(
        command, cwd=ROOT, env=buffered, stdout=stdout, stderr=pipe, text=True, check=False
    )


@pytest.mark.parametrize(
    ("end", "code"), [("print('x')", 0), ("sys.exit()", 0), ("sys.exit(3)", 3)]
)
def test_process_has_the_exit_code_of_the_program(end, code):
    assert run(f"end_after(lambda: {end})").returncode == code


def test_message_of_the_end_is_printed():
    done = run("end_after(lambda: sys.exit('lost'))")
    assert (done.returncode, done.stderr) == (1, "lost\n")


def test_objects_are_not_freed():
    assert run("print('usual')").stdout == "usual\nfreed\n"
    assert run("end_after(lambda: print('quick'))").stdout == "quick\n"


def test_threads_and_handlers_end_first():
    thread = "threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()"
    done = run("atexit.register(print, 'handler')", f"end_after(lambda: {thread})")
    assert done.stdout == "thread\nhandler\n"


def test_closed_stream_has_the_exit_code_of_python():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        assert run("end_after(lambda: sys.stdout.write('x'))", stdout=closed).returncode == 120


def test_only_python_m_is_a_command():
    assert run("print(module_of_command())").stdout.startswith("None\n")


def test_profile_of_a_command_is_written(tmp_path):
    """A profiler writes at the usual end."""
    command = ["-m", "cProfile", "-o", str(tmp_path / "profile"), "-m", "pipeline.train", "--help"]
    subprocess.run([sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    assert (tmp_path / "profile").exists()
