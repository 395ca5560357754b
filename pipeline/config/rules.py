"""Rules for several groups of settings."""

import re

from pipeline.errors import require

LONGEST_NAME = 100
NAME = f"lower-case letters, digits and _, at most {LONGEST_NAME}"
LARGEST_COUNT = 2**31 - 1  # rows are numbered by 32-bit integers
LARGEST_INTEGER = 2**63 - 1

_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


def is_name(text: str) -> bool:
    """Whether a text can name a source, a data variant or an experiment.

    Such a name has lower-case letters, digits and `_`, and does not begin with `_`. It is short
    enough for the name of a file.
    """
    return len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None


def require_at_most(key: str, value: float | None, largest: int) -> None:
    """Raises `ConfigError` for a setting that is far beyond any useful value."""
    require(
        value is None or value <= largest,
        key,
        received=value,
        expected=f"a number up to {largest:,}",
    )
