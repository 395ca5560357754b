"""Ends a process without freeing its objects one by one.

At its end, Python frees all modules and objects. With TensorFlow loaded, that takes two seconds. In
a fork it also copies the memory of all libraries, page by page.
"""

import atexit
import os
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

_NOT_FLUSHED = 120  # the exit code of Python


def module_of_command() -> str | None:
    """The module that `python -m` runs. None if this process was started otherwise."""
    spec = sys.modules["__main__"].__spec__
    if spec is None or sys.orig_argv[1:3] != ["-m", spec.name]:
        return None
    return spec.name


def end_after(run: Callable[[], object]) -> NoReturn:
    """Runs a program and ends this process, with the exit code of the program.

    Threads, handlers of `atexit` and streams end as usual. An error of the program, except
    `SystemExit` with a number, ends the process in the usual way.
    """
    code = 0
    try:
        run()
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            raise
        code = end.code or 0
    threading._shutdown()  # type: ignore[attr-defined] # waits for threads
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # such as after `| head`
        code = _NOT_FLUSHED
    os._exit(code)
