"""SIGTERM and SIGINT, sent to real processes."""

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
    print("went on")
"""
INSIDE = """
    with interruption.deferring():
        wait("ready")
        wait(interruption.requested.name)
        print("not yet written")
        interruption.check()
"""
WAITING = """
    with interruption.deferring(), interruption.raising(lambda: print("stopped", flush=True)):
        wait("ready")
        print("went on")
"""
AFTERWARDS = """
    with interruption.deferring():
        pass
    wait("ready")
"""
CODES = [(signal.SIGTERM, 143), (signal.SIGINT, 130)]


class Child:
    """A process that goes on when it is told to."""

    def __init__(self, body: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HEAD + body],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.said() == "ready\n"

    def said(self) -> str:
        return self.process.stdout.readline()

    def told(self) -> str:
        return self.process.stderr.readline()

    def go_on(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str, str]:
        """Its exit code, and the rest of what it wrote."""
        out, err = self.process.communicate()
        return self.process.returncode, out, err


@contextmanager
def child(body: str) -> Iterator[Child]:
    started = Child(body)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.communicate()


@pytest.mark.parametrize(("number", "code"), CODES)
def test_outside_a_deferring_block_a_signal_ends_at_once(number, code):
    with child(OUTSIDE) as process:
        process.process.send_signal(number)
        assert process.end() == (code, "", f"error: ended by {number.name}.\n")


@pytest.mark.parametrize(("number", "code"), CODES)
def test_inside_a_deferring_block_the_first_signal_waits(number, code):
    with child(INSIDE) as process:
        process.process.send_signal(number)
        assert (
            process.told()
            == f"{number.name}: stopping where nothing is lost; a second signal stops at once\n"
        )
        process.go_on()
        assert process.said() == f"{number.name}\n"


@pytest.mark.parametrize(("number", "code"), CODES)
def test_a_second_signal_ends_at_once(number, code):
    with child(INSIDE) as process:
        process.process.send_signal(signal.SIGTERM)
        process.told()
        process.process.send_signal(number)
        assert process.end() == (code, "", f"error: ended by {number.name}.\n")


@pytest.mark.parametrize(("number", "code"), CODES)
def test_an_interrupted_block_exits_with_the_signals_code(number, code):
    with child(INSIDE) as process:
        process.process.send_signal(number)
        process.told()
        process.go_on()
        process.said()
        process.go_on()
        assert process.end() == (code, "not yet written\n", "")


@pytest.mark.parametrize(("number", "code"), CODES)
def test_a_block_that_waits_for_others_stops_them_and_ends(number, code):
    with child(WAITING) as process:
        process.process.send_signal(number)
        assert process.end()[:2] == (code, "stopped\n")


def test_a_signal_before_a_block_that_waits_is_raised_at_its_beginning():
    interruption = Interruption()
    with interruption.handling(), interruption.deferring():
        signal.raise_signal(signal.SIGTERM)
        with (
            pytest.raises(Interrupted),
            interruption.raising(lambda: pytest.fail("nothing is waited for")),
        ):
            pytest.fail("the block was entered")


def test_a_process_whose_parent_has_ended_before_it_could_ask_ends():
    code = "import os; from pipeline.signals import end_with_parent; end_with_parent(os.getpid())"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode
        == -signal.SIGTERM
    )


@pytest.mark.parametrize(("number", "code"), CODES)
def test_after_a_deferring_block_a_signal_ends_at_once_again(number, code):
    with child(AFTERWARDS) as process:
        process.process.send_signal(number)
        assert process.end()[0] == code


@pytest.mark.parametrize(("number", "code"), CODES)
def test_a_request_is_raised_where_it_is_asked_for(number, code, capfd):
    interruption = Interruption()
    with interruption.handling(), interruption.deferring():
        signal.raise_signal(number)
    assert interruption.requested is number
    with pytest.raises(Interrupted) as caught:
        interruption.check()
    assert caught.value.code == code


def test_without_a_signal_nothing_is_raised():
    interruption = Interruption()
    interruption.check()
    assert interruption.requested is None


def test_the_handlers_of_before_are_put_back():
    before = [signal.getsignal(number) for number, _ in CODES]
    with Interruption().handling():
        during = [signal.getsignal(number) for number, _ in CODES]
    assert [signal.getsignal(number) for number, _ in CODES] == before
    assert all(one != other for one, other in zip(during, before, strict=True))


def test_the_handlers_of_before_are_put_back_after_a_failure():
    before = [signal.getsignal(number) for number, _ in CODES]
    with pytest.raises(ZeroDivisionError), Interruption().handling():
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number, _ in CODES] == before


def test_a_failure_inside_ends_the_deferring():
    interruption = Interruption()
    with pytest.raises(ZeroDivisionError), interruption.deferring():
        raise ZeroDivisionError
    assert not interruption._deferring
