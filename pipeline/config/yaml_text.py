"""Writes values as YAML that YAML and OmegaConf read back unchanged."""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

import yaml

_PLAIN = re.compile(r"(?:[A-Za-z]|~?/|\.{1,2}/)(?:[\w./ -]*[\w./-])?", re.ASCII)


def flow(value: Any) -> str:
    """A value on one line: `text`, `"No"`, `[a, b]` or `{a: b}`."""
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{flow(key)}: {flow(one)}' for key, one in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    return json.dumps(value)


def _quoted(text: str) -> str:
    result: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=sys.maxsize)
    return result.rstrip("\n")


def _is_plain(text: str) -> bool:
    """Whether YAML reads the text without quotes as itself, and not as `true` or a number."""
    return bool(_PLAIN.fullmatch(text)) and yaml.safe_load(text) == text
