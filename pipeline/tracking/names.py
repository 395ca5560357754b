"""Names and values within MLflow's limits. Distinct settings keep distinct names and values.

`config.yaml` in the record of a run has the exact settings.
"""

import hashlib
import posixpath
import re
from collections.abc import Iterable

SETTINGS, PATCH, LINEAGE = "config.yaml", "diff.patch", "lineage.json"  # files of the record

_LONGEST_NAME = 250
LONGEST_PARAM = 6000
_LONGEST_TAG = 8000
_LONGEST_RUN_NAME = 250
_DIGEST = 32  # hexadecimal digits
_FORBIDDEN = re.compile(r"[^\w\- ]")
_FORBIDDEN_IN_PATHS = re.compile(r"[^\w\- ./]")


def setting(keys: Iterable[str]) -> str:
    """The name of a setting: its keys, joined by dots.

    A character that MLflow does not allow, or that would be ambiguous, becomes its hexadecimal
    code in colons: the class `>50K` becomes `:3E:50K`.
    """
    return _shortened_name(".".join(_escaped(_FORBIDDEN, key) for key in keys))


def path(name: str) -> str:
    """A name that contains slashes and dots, such as `validation/accuracy`."""
    usual = _escaped(_FORBIDDEN_IN_PATHS, name)
    leaves = usual == "." or usual.startswith(("/", "..")) or posixpath.normpath(usual) != usual
    return _shortened_name(_escaped(_FORBIDDEN, name) if leaves else usual)


def value(text: str, longest: int) -> str:
    """A value of at most this many characters. A longer one ends with its sha256 instead."""
    if len(text) <= longest:
        return text
    end = f" … sha256 {_digest(text)}"
    return text[: longest - len(end)] + end


def tag_value(name: str, text: str) -> str:
    """The value of a tag. MLflow keeps the name of a run as a tag, and in a shorter column."""
    return value(text, _LONGEST_RUN_NAME if name == "mlflow.runName" else _LONGEST_TAG)


def _escaped(forbidden: re.Pattern[str], text: str) -> str:
    # A single colon stands for the empty name: other names contain no unpaired colon.
    return forbidden.sub(lambda match: f":{ord(match[0]):X}:", text) or ":"


def _shortened_name(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - _DIGEST - 1]}:{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
