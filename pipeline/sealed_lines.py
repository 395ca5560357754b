"""Lines of JSON with a checksum each, for files that only grow.

A kill can cut the last line of such a file, and a fault of the disk can change any line. The
checksum shows which lines are damaged, so the others remain usable.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_CHECKSUM_DIGITS = 16


def seal(values: Mapping[str, Any]) -> str:
    """Writes values as one line: the beginning of their sha256, a space, and sorted JSON.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    text = json.dumps(values, sort_keys=True, allow_nan=False)
    return f"{_checksum(text)} {text}\n"


def unseal(line: bytes) -> Any:
    """Reads what `seal` wrote. Returns None if the line is damaged or has no end."""
    checksum, _, text = line.decode("utf-8", errors="replace").removesuffix("\n").partition(" ")
    is_whole = line.endswith(b"\n") and checksum == _checksum(text)
    return json.loads(text) if is_whole else None


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_CHECKSUM_DIGITS]
