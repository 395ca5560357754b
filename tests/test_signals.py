"""SIGTERM and SIGINT in real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipeline.signals import Interrupted, Interruption
from tests.support import ROOT

HEAD = """
import os
import sys
from pipeline.signals import Interruption
interruption = Interruption()

def wait(word):
    print(word, flush=True)
    sys.stdin.readline()

with interruption.handling():
"""
OUTSIDE = """
    wait("ready")
    print("continued")
"""
INSIDE = """
    with interruption.deferring():
        wait("ready")
        wait(interruption.requested.name)
        print("buffered output")
        interruption.check()
"""
WAITING = """
    with interruption.deferring(), interruption.raising(lambda: os.write(1, b"stopped\\n")):
        wait("ready")
        print("continued")
"""
AFTERWARDS = """
    with interruption.deferring():
        pass
    wait("ready")
"""
CODES = [(signal.SIGTERM, 143), (signal.SIGINT, 130)]


class Child:
    """A process that waits for the test at each step."""

    def __init__(self, body: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HEAD + body],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.read_out() == "ready\n"

    def read_out(self) -> str:
        return self.process.stdout.readline()

    def read_error(self) -> str:
        return self.process.stderr.readline()

    def proceed(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str, str]:
        """Its exit code, and the rest of its stdout and stderr."""
        out, err = self.process.communicate()
        return self.process.returncode, out, err


@contextmanager
def child(body: str) -> Iterator[Child]:
    child = Child(body)
    try:
        yield child
    finally:
        child.process.kill()
        child.process.communicate()


@pytest.mark.parametrize(("number", "code"), CODES)
def test_signal_outside_a_deferring_block_ends_at_once(number, code):
    with child(OUTSIDE) as process:
        process.process.send_signal(number)
        assert process.end() == (code, "", f"error: ended by {number.name}.\n")


@pytest.mark.parametrize(("number", "code"), CODES)
def test_first_signal_in_a_deferring_block_waits(number, code):
    with child(INSIDE) as process:
        process.process.send_signal(number)
        assert (
            process.read_error()
            == f"{number.name}: saving and stopping; send it again to stop at once\n"
        )
        process.proceed()
        assert process.read_out() == f"{number.name}\n"


@pytest.mark.parametrize(("number", "code"), CODES)
def test_second_signal_ends_at_once(number, code):
    with child(INSIDE) as process:
        process.process.send_signal(signal.SIGTERM)
        process.read_error()
        process.process.send_signal(number)
        assert process.end() == (code, "", f"error: ended by {number.name}.\n")


@pytest.mark.parametrize(("number", "code"), CODES)
def test_interrupted_block_exits_with_the_signals_code(number, code):
    with child(INSIDE) as process:
        process.process.send_signal(number)
        process.read_error()
        process.proceed()
        process.read_out()
        process.proceed()
        assert process.end() == (code, "buffered output\n", "")


@pytest.mark.parametrize(("number", "code"), CODES)
def test_block_that_waits_for_processes_stops_them(number, code):
    with child(WAITING) as process:
        process.process.send_signal(number)
        assert process.end()[:2] == (code, "stopped\n")


def test_earlier_signal_raises_where_waiting_begins():
    interruption = Interruption()
    with interruption.handling(), interruption.deferring():
        signal.raise_signal(signal.SIGTERM)
        with (
            pytest.raises(Interrupted),
            interruption.raising(lambda: pytest.fail("the processes were stopped")),
        ):
            pytest.fail("the block was entered")


@pytest.mark.parametrize("function", ["end_with_parent", "watch_parent"])
def test_process_ends_if_its_parent_ended_before(function):
    code = f"import os; from pipeline.signals import {function}; {function}(os.getpid())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGTERM


@pytest.mark.parametrize(("number", "code"), CODES)
def test_signal_after_a_deferring_block_ends_at_once(number, code):
    with child(AFTERWARDS) as process:
        process.process.send_signal(number)
        assert process.end()[0] == code


@pytest.mark.parametrize(("number", "code"), CODES)
def test_check_raises_the_received_signal(number, code, capfd):
    interruption = Interruption()
    with interruption.handling(), interruption.deferring():
        signal.raise_signal(number)
    assert interruption.requested is number
    with pytest.raises(Interrupted) as caught:
        interruption.check()
    assert caught.value.code == code


def test_check_without_a_signal_raises_nothing():
    interruption = Interruption()
    interruption.check()
    assert interruption.requested is None


def test_earlier_handlers_are_restored():
    before = [signal.getsignal(number) for number, _ in CODES]
    with Interruption().handling():
        during = [signal.getsignal(number) for number, _ in CODES]
    assert [signal.getsignal(number) for number, _ in CODES] == before
    assert all(one != other for one, other in zip(during, before, strict=True))


def test_earlier_handlers_are_restored_after_an_exception():
    before = [signal.getsignal(number) for number, _ in CODES]
    with pytest.raises(ZeroDivisionError), Interruption().handling():
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number, _ in CODES] == before


def test_exception_ends_the_deferring():
    interruption = Interruption()
    with pytest.raises(ZeroDivisionError), interruption.deferring():
        raise ZeroDivisionError
    assert not interruption._deferring
