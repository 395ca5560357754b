"""Rules for several groups of settings."""

import re

_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")


def is_name(text: str) -> bool:
    """Whether a text can name a source, a data variant or an experiment.

    Such a name has lower-case letters, digits and `_`, and does not begin with `_`.
    """
    return _NAME.fullmatch(text) is not None
