"""Settings with the reason for each, and their text as a YAML file."""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.yaml_text import flow

_WIDTH = 99  # characters of a line


@dataclass
class Draft:
    """The settings of one file of `conf/`.

    Args:
        values: what each setting is.
        reasons: for settings that are a guess, why, and what else is possible. One text each.
        remarks: what else a reader of the file should know, in paragraphs.
    """

    values: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, list[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def guess(self, key: str, value: Any, reason: str = "") -> None:
        """Sets a value that may be wrong. A list grows."""
        if isinstance(value, list) and isinstance(self.values.get(key), list):
            value = [*self.values[key], *value]
        self.values[key] = value
        if reason:
            self.reasons.setdefault(key, []).append(reason)

    def text(self, head: Iterable[str]) -> str:
        """The content of the YAML file. Guesses have their reason in a comment above."""
        lines = list(_comment(head))
        for key, value in self.values.items():
            lines += ["", *_comment(self.reasons.get(key, []))]
            lines += _setting(key, value)
        if self.remarks:
            lines += ["", *_comment(self.remarks)]
        return "\n".join(lines) + "\n"


def _comment(paragraphs: Iterable[str]) -> Iterable[str]:
    for paragraph in paragraphs:
        indent = " " * (len(paragraph) - len(paragraph.lstrip()))
        yield from textwrap.wrap(
            " ".join(paragraph.split()),
            _WIDTH,
            initial_indent=f"# {indent}",
            subsequent_indent=f"# {indent}",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _setting(key: str, value: Any) -> list[str]:
    line = f"{key}: {flow(value)}"
    if len(line) <= _WIDTH or not isinstance(value, list):
        return [line]
    return [f"{key}:", *(f"  - {flow(one)}" for one in value)]
