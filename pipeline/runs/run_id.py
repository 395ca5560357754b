"""The id of a run in the tracking store, as a person writes it."""

import re

_BEGINNING = re.compile(r"[0-9a-f]{4,32}")


def is_run_id(text: str) -> bool:
    """Whether a text can be a run id or its beginning: 4 to 32 hexadecimal digits."""
    return _BEGINNING.fullmatch(text) is not None
