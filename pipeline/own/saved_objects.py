"""The user's classes and functions that a saved model names.

Keras is not imported, so that commands that only read results start fast.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from pipeline.own.references import Reference, distribution_of

_NAMED = re.compile(r"(?P<module>[^>]*[^>-])>(?P<name>\w+)")  # not an equation, as ij->ji


def own_objects(path: Path) -> list[Reference]:
    """The user's classes and functions that a saved model names, such as `my_models.py>Scale`."""
    with ZipFile(path) as file:
        config = json.loads(file.read("config.json"))
    pairs = {match.groups() for text in _texts(config) if (match := _NAMED.fullmatch(text))}
    references = [Reference(module, name) for module, name in sorted(pairs)]
    return [one for one in references if one.is_file or distribution_of(_top(one))]


def _top(reference: Reference) -> str:
    return reference.module.partition(".")[0]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
