"""SIGTERM and SIGINT: a training stops where nothing is lost, and ends with the process that started it."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_SHOW_CURSOR = b"\033[?25h"  # which a live table hides
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupted(SystemExit):
    """The end of a training that was told to stop and has kept its state; `code` is 128 + the signal's number."""

    code: int


class Interruption:
    """What was asked of this process by SIGTERM or SIGINT.

    While a block is `deferring`, the first signal is remembered, and the training asks for it where it can stop. A second
    one ends the process at once, and so does any signal outside such a block, where there is nothing to lose: an
    exception raised from a handler would unwind TensorFlow and database transactions in their midst.
    """

    def __init__(self) -> None:
        self.requested: signal.Signals | None = None
        self._deferring = False
        self._stop: Callable[[], None] | None = None

    @contextmanager
    def handling(self) -> Iterator[None]:
        """Receives the signals of this process, and ends it when the block is `Interrupted`; for the main thread alone.

        Python's own way out takes TensorFlow more than a second.
        """
        before = [signal.signal(number, self._receive) for number in _SIGNALS]
        try:
            yield
        except Interrupted as end:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(end.code)
        finally:
            for number, handler in zip(_SIGNALS, before, strict=True):
                signal.signal(number, handler)

    @contextmanager
    def deferring(self) -> Iterator[None]:
        """Lets the block decide when to stop."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False

    @contextmanager
    def raising(self, stop: Callable[[], None]) -> Iterator[None]:
        """Inside a block that is `deferring`, for one that only waits for other processes.

        A signal calls `stop`, by which they end, and raises `Interrupted`; one that came before is raised at once.
        """
        self._stop = stop
        try:
            self.check()
            yield
        finally:
            self._stop = None

    def check(self) -> None:
        """Raises `Interrupted` if a signal was received."""
        if self.requested is not None:
            raise Interrupted(128 + self.requested)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        if self.requested is not None or not self._deferring:
            if os.isatty(2):
                os.write(2, _SHOW_CURSOR)
            _say(f"error: ended by {name}.")
            os._exit(128 + number)
        self.requested = signal.Signals(number)
        _say(f"{name}: stopping where nothing is lost; a second signal stops at once")
        if self._stop is not None:
            self._stop()
            self.check()


def _say(line: str) -> None:
    os.write(
        2, f"{line}\n".encode()
    )  # a handler may interrupt a print, which must not be entered twice


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Processes that are started inside never receive SIGINT.

    Ctrl-C reaches every process of a terminal; the one that was started there tells the others what to do.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent(parent: int) -> None:
    """Has Linux send SIGTERM to this process when its parent ends, by whatever means.

    Args:
        parent: its id as the parent itself says it: that may have ended already, and SIGTERM comes at once then.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        signal.raise_signal(signal.SIGTERM)
