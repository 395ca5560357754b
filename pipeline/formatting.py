"""Numbers, times and settings as text, and text in Markdown."""

import html
import json
import re
from datetime import UTC, datetime
from typing import Any


def number(value: float) -> str:
    """`0.9833`, `2,913.4` from 100, and `3.1e-06` below 0.0001."""
    if 0 < abs(value) < 0.0001:
        return f"{value:.1e}"
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}"


def interval(low: float, high: float) -> str:
    """`[0.9075, 0.9186]`."""
    return f"[{number(low)}, {number(high)}]"


def epochs(value: float) -> str:
    """`40`, `11.6` or `10,001`."""
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def thousands(value: int) -> str:
    """`45,000`."""
    return f"{value:,}"


def duration(seconds: float) -> str:
    """`0.4 s`, `1 min 35 s` or `2 h 3 min`."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    if round(seconds) < 3600:
        return "{} min {} s".format(*divmod(round(seconds), 60))
    return "{} h {} min".format(*divmod(round(seconds / 60), 60))


def dates(first: int, last: int) -> str:
    """The days of two times: `20 November 2026 to 21 November 2026`, or one day.

    Args:
        first, last: in milliseconds since 1970; the days are in UTC.
    """
    days = [datetime.fromtimestamp(time / 1000, UTC) for time in (first, last)]
    return " to ".join(dict.fromkeys(f"{day.day} {day:%B %Y}" for day in days))


def parts(name: str) -> list[str]:
    """Splits a name at possible line breaks: after `/`, `_` and dots of a key."""
    return re.split(r"(?<=[/_])|(?<=[a-z]\.)", name)


def setting(value: Any) -> str:
    """A setting on one line, as in a YAML file."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {setting(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(setting, value)) + "]"
    return value if isinstance(value, str) else json.dumps(value)


# Letters with a meaning in Markdown. A bracket has one only before a parenthesis, and `_` only at
# the edge of a word, so `mnist_mlp` and `[0.90, 0.92]` stay readable.
_SYNTAX = re.compile(r"[\\`*|~$]|(?<=\])\(|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])")


def markdown(text: str) -> str:
    """A text for a cell of a Markdown table, without HTML or Markdown of its own."""
    return _SYNTAX.sub(r"\\\g<0>", html.escape(" ".join(text.split()), quote=False))
