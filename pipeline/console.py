"""Prints results on stdout and all other messages on stderr."""

import sys


def say(text: str) -> None:
    """Prints a result on stdout."""
    print(text, flush=True)  # noqa: T201 - the only place that prints results


def log(line: str) -> None:
    """Prints a message for people on stderr."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the only place that prints messages
