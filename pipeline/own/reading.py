"""Files that the user's own code reads. They must be named in the settings.

If an argument names a file of the repository, the file's sha256 is added to the identity of a run.
Without that, a file could change a result unnoticed.
"""

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.files import sha256

_CODE = (".py", ".pyc", ".so")

_watchers: dict[int, set[Path]] = {}  # by thread, because other threads write records
_is_hooked: list[bool] = []


def named_files(arguments: Mapping[str, Any]) -> dict[str, str]:
    """The sha256 of each file of the repository that arguments name, by path."""
    names = sorted(set(_texts(dict(arguments))))
    return {name: sha256(Path(name)) for name in names if _is_file(name)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _is_file(name: str) -> bool:
    try:
        path = Path(name).resolve()
        return path.is_file() and path.is_relative_to(Path().resolve())
    except (OSError, ValueError):  # the text is an invalid path
        return False


@contextmanager
def watching() -> Iterator[set[Path]]:
    """Collects the files of the repository, except code, that this thread reads inside a block.

    The paths are relative to the repository's root. Files that C code opens are not noticed.
    """
    if not _is_hooked:
        sys.addaudithook(_note)  # Python cannot remove it, so it is added once.
        _is_hooked.append(True)
    thread = threading.get_ident()
    _watchers[thread] = files = set[Path]()
    try:
        yield files
    finally:
        del _watchers[thread]


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not _watchers or isinstance(arguments[0], int):  # an open descriptor
        return
    files = _watchers.get(threading.get_ident())
    reads = arguments[2] & (os.O_WRONLY | os.O_RDWR) == 0
    if files is None or not reads:
        return
    path, root = Path(os.fsdecode(arguments[0])).absolute(), Path().absolute()
    if path.is_relative_to(root) and path.suffix not in _CODE and "site-packages" not in path.parts:
        files.add(path.relative_to(root))
