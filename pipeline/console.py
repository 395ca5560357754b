"""Prints results on stdout and all other messages on stderr."""

import os
import sys
from typing import TYPE_CHECKING

from pipeline.redaction import without_password

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH_OF_FILES = 160  # characters; a terminal has a width of its own


def say(text: str) -> None:
    """Prints a result on stdout, without passwords."""
    print(without_password(text), flush=True)  # noqa: T201 - the only place that prints results


def log(line: str) -> None:
    """Prints a message for people on stderr, without passwords."""
    print(without_password(line), file=sys.stderr, flush=True)  # noqa: T201 - the only place that prints messages


def say_loading() -> None:
    """Says on a terminal that TensorFlow loads.

    Loading takes seconds, so a command calls this before it imports anything else.
    """
    if sys.stderr.isatty():
        log("Loading TensorFlow …")


def overwrite(line: str) -> None:
    """Prints a message on stderr in the place of the last one, without passwords."""
    clear = "\r\033[K"
    print(f"{clear}{without_password(line)}", end="", file=sys.stderr, flush=True)  # noqa: T201 - as in `log`


def is_animated() -> bool:
    """Whether stderr is a terminal that can show a line that moves.

    A CI service keeps a log, even if it runs commands in a terminal. There each frame would be a
    line.
    """
    is_log = os.environ.get("CI") or os.environ.get("TERM", "dumb") in ("dumb", "unknown")
    return sys.stderr.isatty() and not is_log


def table_console(*, stderr: bool = False) -> "Console":
    """Returns a console that prints tables.

    It is as wide as the terminal, or 160 characters in a file or pipe.

    Args:
        stderr: prints on stderr instead of stdout.
    """
    from rich.console import Console  # commands without tables need not load it

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else _WIDTH_OF_FILES)
