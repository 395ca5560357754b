"""Prints results on stdout and all other messages on stderr."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

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


def answer(
    values: Mapping[str, Any], words: Sequence[str], *, next_command: str = "", as_json: bool
) -> None:
    """Ends a command with its result: in words on a terminal, as one line of JSON elsewhere.

    Where stdout gets JSON, the words go to stderr.

    Args:
        values: the result for programs.
        words: the result for people, in lines.
        next_command: what people usually do next.
        as_json: prints JSON on a terminal too.
    """
    is_for_people = sys.stdout.isatty() and not as_json
    for line in words:
        (say if is_for_people else log)(line)
    if not is_for_people:
        say(json.dumps(values))
    elif next_command:
        say_next(next_command)


def say_next(command: str) -> None:
    """Prints on a terminal what people usually do next. In a stage, DVC does it."""
    if sys.stdout.isatty() and "DVC_STAGE" not in os.environ:
        say(f"Next: {command}")


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
    """Whether stderr is a terminal that can show a line that moves."""
    return sys.stderr.isatty() and not keeps_log()


def keeps_log() -> bool:
    """Whether a terminal cannot redraw.

    A CI service keeps a log, even if it runs commands in a terminal. There each frame would be a
    line.
    """
    return bool(os.environ.get("CI")) or os.environ.get("TERM", "dumb") in ("dumb", "unknown")


def text_width(longest: int) -> int:
    """The characters of a line on stdout: those of the terminal, at most `longest`."""
    return min(longest, table_console().width)


def table_console(*, stderr: bool = False) -> "Console":
    """Returns a console that prints tables.

    It is as wide as the terminal, or 160 characters in a file or pipe.

    Args:
        stderr: prints on stderr instead of stdout.
    """
    from rich.console import Console  # commands without tables need not load it

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else _WIDTH_OF_FILES)
