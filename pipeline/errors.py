"""Errors that a person reads: what is wrong, what was received, what to do.

Every mistake of a user and every machine fault that the pipeline can name is a `PipelineError`.
`pipeline.command_line` prints it as one line and exits with 1.
"""

import difflib
from collections.abc import Iterable


class PipelineError(Exception):
    """What is wrong, what was received, and what is expected or to be done.

    Args:
        what: the fault, naming the file, line, column or key it concerns.
        received: the offending value; shown as `Received: …`.
        expected: what is allowed, or what to do next.
    """

    def __init__(self, what: str, *, received: object = None, expected: str = "") -> None:
        self.what = what
        self.received = received
        self.expected = expected
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [self.what if self.what.endswith((".", "?", "!")) else f"{self.what}."]
        if self.received is not None:
            parts.append(f"Received: {self.received}.")
        if self.expected:
            parts.append(self.expected if self.expected.endswith(".") else f"{self.expected}.")
        return " ".join(" ".join(parts).split())


class ConfigError(PipelineError):
    """A setting that cannot be: `key` is its full dotted name, such as `training.batch_size`."""

    def __init__(self, key: str, what: str, *, received: object = None, expected: str = "") -> None:
        self.key = key
        super().__init__(f"{key} {what}", received=received, expected=expected)


class DataError(PipelineError):
    """A data file that cannot be trusted."""


class StoreError(PipelineError):
    """A record or a kept state that cannot be opened: a fault of the machine, not of what was to be run."""


class FetchError(PipelineError):
    """Bytes that could not be had, or are not the pinned ones."""


def require(condition: bool, key: str, *, received: object, expected: str) -> None:
    """Raises `ConfigError` for the setting `key` unless `condition` holds."""
    if not condition:
        raise ConfigError(
            key, "is not possible", received=received, expected=f"Expected: {expected}"
        )


def suggestion(received: str, allowed: Iterable[str]) -> str:
    """`Did you mean x? Allowed: x, y, z.`, the question only where a name comes near."""
    names = sorted(allowed)
    near = difflib.get_close_matches(received, names, n=1, cutoff=0.6)
    question = f"Did you mean {near[0]}? " if near else ""
    return f"{question}Allowed: {', '.join(names) or 'nothing'}."
