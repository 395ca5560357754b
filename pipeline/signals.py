"""SIGTERM and SIGINT: a training saves a checkpoint before it stops.

A training also ends when the process that started it ends.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from types import FrameType

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_SHOW_CURSOR = b"\033[?25h"  # a live table hides the cursor
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_POLL_SECONDS = 0.5


class Interrupted(SystemExit):
    """Ends a process that saved its state after a signal; `code` is 128 + signal."""

    code: int


class Interruption:
    """The signal that this process has received, SIGTERM or SIGINT, if any.

    Inside a `deferring` block, the first signal is only remembered, and the training asks for it at
    its next safe point. A second signal ends the process at once. So does any signal outside such a
    block, because there is nothing to lose. An exception from a signal handler would interrupt
    TensorFlow and database transactions halfway.
    """

    def __init__(self) -> None:
        self.requested: signal.Signals | None = None
        self._deferring = False
        self._stop: Callable[[], None] | None = None

    @contextmanager
    def handling(self) -> Iterator[None]:
        """Receives the signals of this process. Enter it in the main thread.

        If `Interrupted` leaves the block, it ends the process directly. Python's normal exit takes
        more than a second with TensorFlow.
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
        """Raises `Interrupted` on a signal while the block waits for other processes.

        It belongs inside a `deferring` block. `stop` is called first and ends the processes. A
        signal from before the block raises at its beginning.
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
            _log(f"error: ended by {name}.")
            os._exit(128 + number)
        self.requested = signal.Signals(number)
        _log(f"{name}: saving and stopping; send it again to stop at once")
        if self._stop is not None:
            self._stop()
            self.check()


def _log(line: str) -> None:
    """Writes to stderr without `print`: a handler may interrupt another print."""
    os.write(2, f"{line}\n".encode())


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Starts processes that never receive SIGINT.

    Ctrl-C reaches every process of a terminal. Only the command itself handles it and stops the
    others.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent(parent: int) -> None:
    """Sends SIGTERM to this process when its parent ends, however it ends.

    On Linux the kernel sends it at once. Elsewhere a thread checks the parent twice a second.

    Args:
        parent: the process id that the parent itself passed. If the parent has already ended,
            SIGTERM comes at once.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    else:
        Thread(target=watch_parent, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        signal.raise_signal(signal.SIGTERM)


def watch_parent(parent: int) -> None:
    """Waits until the parent has ended, then sends SIGTERM to this process."""
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
