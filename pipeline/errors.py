"""Errors with a message for people: what is wrong, what was received, what to do.

Every mistake of a user and every fault of the machine that the pipeline foresees is a
`PipelineError`. `pipeline.command_line` prints it as one line and exits with 1.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

_LONGEST_VALUE = 1_000


class PipelineError(Exception):
    """An error with a message of one line for people.

    Args:
        what: the fault, with the file, line, column or setting that it concerns.
        received: the value at fault, shown as `Received: …`. A long one is cut.
        expected: what is allowed, or what to do next.
    """

    def __init__(self, what: str, *, received: object = None, expected: str = "") -> None:
        self.what = what
        self.received = received
        self.expected = expected
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [_sentence(self.what)]
        if self.received is not None:
            parts.append(f"Received: {_cut(str(self.received))}.")
        if self.expected:
            parts.append(_sentence(self.expected))
        return " ".join(" ".join(parts).split())

    def _render_traceback_(self) -> list[str]:
        """What IPython prints below a cell: the message without a traceback."""
        return [f"error: {self}"]


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _cut(text: str) -> str:
    if len(text) <= _LONGEST_VALUE:
        return text
    return f"{text[:_LONGEST_VALUE]}… ({len(text):,} characters)"


class ConfigError(PipelineError):
    """An invalid setting.

    Args:
        key: the full dotted name of the setting, such as `training.batch_size`.
    """

    def __init__(self, key: str, what: str, *, received: object = None, expected: str = "") -> None:
        self.key = key
        super().__init__(f"{key} {what}", received=received, expected=expected)


class DataError(PipelineError):
    """A data file with invalid content.

    Args:
        advised: the settings of the source with which the file can probably be read.
    """

    def __init__(
        self,
        what: str,
        *,
        received: object = None,
        expected: str = "",
        advised: Mapping[str, Any] | None = None,
    ) -> None:
        self.advised = dict(advised or {})
        super().__init__(what, received=received, expected=expected)


class StoreError(PipelineError):
    """The error of a tracking store or checkpoint that does not open.

    The experiment is not at fault.
    """


class FetchError(PipelineError):
    """A failed download, or a file with another sha256 than the pinned one."""


def require(condition: bool, key: str, *, received: object, expected: str) -> None:
    """Raises `ConfigError` for the setting `key` unless `condition` holds."""
    if not condition:
        raise ConfigError(key, "is invalid", received=received, expected=f"Expected: {expected}")


def suggestion(received: str, allowed: Iterable[str]) -> str:
    """Lists the allowed names, and asks `Did you mean …?` if one is similar."""
    names = sorted(allowed)
    near = difflib.get_close_matches(received, names, n=1, cutoff=0.6)
    question = f"Did you mean {near[0]}? " if near else ""
    return f"{question}Allowed: {', '.join(names) or 'nothing'}."
