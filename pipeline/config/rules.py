"""Rules that several groups of settings share."""

import re

_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


def is_name(text: str) -> bool:
    """True for what may name a source, a data variant or an experiment: lower-case letters, digits and `_`."""
    return _NAME.fullmatch(text) is not None
