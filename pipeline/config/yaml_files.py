"""Reads YAML files that people write. Refuses a file that would take minutes or all memory.

PyYAML reads an alias as a reference, but OmegaConf and messages copy what it refers to. So a few
lines of nested aliases can stand for millions of values. Interpolations of interpolations, such
as `${a}${a}`, are resolved again each time.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import PipelineError

_MOST_BYTES = 200_000
_MOST_VALUES = 10_000
_DEEPEST = 30
_MOST_INTERPOLATIONS = 20
_Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(path: Path) -> Any:
    """Reads a YAML file as plain values.

    Raises:
        PipelineError: the file is too large, or its values are too many or nested too deeply.
        yaml.YAMLError: the file is not valid YAML.
        OSError: the file is unreadable.
    """
    require_small(path)
    text = path.read_text(encoding="utf-8")
    try:
        return yaml.load(text, Loader=_Parser)  # eight times as fast as Python's parser
    except yaml.YAMLError:
        return yaml.safe_load(text)  # its message quotes the line


State = tuple[int, ...]


def state_of(file: "Path | os.DirEntry[str]") -> State:
    """Values that change when a file is written. A file in the same state is read only once.

    Raises:
        OSError: there is no such file.
    """
    state = file.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def states_below(folder: Path) -> dict[str, State]:
    """The states of all YAML files below a folder, in the order of their paths."""
    states = {
        entry.path: state_of(entry)
        for below, _, _ in os.walk(folder)
        for entry in os.scandir(below)
        if entry.name.endswith(".yaml") and entry.is_file()
    }
    return dict(sorted(states.items()))


def require_small(path: Path) -> None:
    """Checks the size of a YAML file.

    Reports neither a missing file nor invalid YAML, because its reader does.

    Raises:
        PipelineError: the file is too large, or its values are too many or nested too deeply.
    """
    try:
        _check(path, state_of(path))
    except (yaml.YAMLError, OSError):
        return


@lru_cache(maxsize=4096)
def _check(path: Path, state: State) -> None:
    """Reads the file. A process does so again only if the file has changed."""
    _, size, *_ = state
    if size > _MOST_BYTES:
        raise _fault(path, "is too large", f"{size:,} bytes", f"at most {_MOST_BYTES:,}")
    _check_values(path, yaml.parse(path.read_bytes(), Loader=_Parser))


@dataclass
class _Collection:
    """A list or table that is being read.

    Args:
        values_before: the number of values in front of it.
        height: the levels of lists and tables inside it, so far.
    """

    anchor: str | None = None
    values_before: int = 0
    height: int = 0


def _check_values(path: Path, events: Iterable[Any]) -> None:
    """Counts values and levels. An alias counts as much as what it repeats."""
    values, interpolations, around = 0, 0, [_Collection()]
    repeated: dict[str, tuple[int, int]] = {}  # values and height, by anchor
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            repeated.pop(event.anchor or "", None)
            around.append(_Collection(event.anchor, values))
            values += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = around.pop()
            if ended.anchor:
                repeated[ended.anchor] = (values - ended.values_before, ended.height + 1)
            around[-1].height = max(around[-1].height, ended.height + 1)
        elif isinstance(event, yaml.ScalarEvent):
            values += 1
            interpolations += event.value.count("${")
            if event.anchor:
                repeated[event.anchor] = (1, 0)
        elif isinstance(event, yaml.AliasEvent):
            name = str(event.anchor)
            if name not in repeated and name in [collection.anchor for collection in around]:
                raise _fault(path, "has a value that contains itself", f"*{name}", "no such alias")
            count, height = repeated.get(name, (1, 0))
            values += count
            around[-1].height = max(around[-1].height, height)
        if values > _MOST_VALUES:
            counted = f"more than {_MOST_VALUES:,} values, with those that aliases repeat"
            raise _fault(path, "has too many values", counted, f"at most {_MOST_VALUES:,}")
        if interpolations > _MOST_INTERPOLATIONS:
            counted = f"more than {_MOST_INTERPOLATIONS}"
            expected = f"at most {_MOST_INTERPOLATIONS}"
            raise _fault(path, "has too many interpolations", counted, expected)
        if len(around) - 1 + around[-1].height > _DEEPEST:
            levels = f"more than {_DEEPEST} levels"
            raise _fault(path, "is nested too deeply", levels, f"at most {_DEEPEST} levels")


def _fault(path: Path, what: str, received: str, expected: str) -> PipelineError:
    return PipelineError(f"{path} {what}", received=received, expected=f"Expected: {expected}")
