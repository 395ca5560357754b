"""What a command prints: results on stdout, everything else on stderr."""

import sys


def say(text: str) -> None:
    """Prints a result on stdout."""
    print(text, flush=True)  # noqa: T201 - the only place that prints results


def log(line: str) -> None:
    """Prints a message for the person at the terminal on stderr."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the only place that prints messages
