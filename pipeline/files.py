"""Writes files whole or not at all, reads and writes JSON, and computes sha256.

A file is written under a temporary name, flushed to disk and then renamed. No other
module renames files.
"""

import glob
import hashlib
import json
import os
import platform
import shutil
import stat
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil

from pipeline.errors import PipelineError

PROC = getattr(psutil, "PROCFS_PATH", "/proc")
_CHUNK = 1 << 20
_PLAIN = (str, int, float, type(None))
_WEEK = 7 * 24 * 3600  # seconds


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path and renames it to `path` when the block succeeds.

    The temporary name keeps the suffix of `path`, because some writers choose a format by it.
    If the block raises, `path` is unchanged and the temporary file is deleted.
    """
    _require_targets(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f".{path.stem}.{_writer()}{path.suffix}")
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yields an empty folder and renames it to `path` when the block succeeds.

    If the block raises, `path` is unchanged and the temporary folder is deleted. If `path` is a
    symbolic link, the link stays and its target is replaced.
    """
    _require_targets(path)
    path = path.resolve() if path.is_symlink() else path
    with scratch_folder(path) as temporary:
        yield temporary
        for file in temporary.rglob("*"):
            _flush(file)
        old = path.with_name(f"{temporary.name}.old")
        try:
            if path.exists():
                path.replace(old)
            temporary.replace(path)
            _flush(path.parent)
        finally:
            shutil.rmtree(old, ignore_errors=True)


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """Yields an empty folder next to `path`, and deletes it after the block.

    It has a temporary name of `path`. So the next process that writes `path`, or asks for such a
    folder, deletes what a killed process left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f".{path.name}.{_writer()}")
    temporary.mkdir()
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _require_targets(path: Path) -> None:
    """Refuses to write through a symbolic link to a missing disk or folder."""
    for link in (path, *path.parents):
        if link.is_symlink() and not link.resolve().parent.is_dir():
            raise PipelineError(
                f"{link} is a symbolic link into a folder that does not exist",
                received=link.resolve(),
                expected="Create the folder or mount its disk, or remove the link",
            )


def _writer() -> str:
    """The part of temporary names that identifies this process."""
    return f"{os.getpid()}-{_place()}"


def _place() -> str:
    """Identifies the group of processes that this process sees: its PID namespace and its machine.

    Machines of a cluster share disks. Without containers, their namespaces have the same number.
    """
    return f"{pid_namespace()}-{zlib.crc32(platform.node().encode())}"


def pid_namespace() -> str:
    """The number of this process's PID namespace.

    A container has a namespace of its own, so processes outside do not see its processes. Empty
    on a system without namespaces, such as macOS.
    """
    try:
        return str(Path(PROC, "self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def _remove_leftovers(path: Path) -> None:
    """Removes what a killed process left under a temporary name of `path`."""
    for leftover in path.parent.glob(f".{glob.escape(path.stem)}.*"):
        name = leftover.name.removeprefix(f".{path.stem}.").removesuffix(".old")
        if _is_left_behind(name.removesuffix(path.suffix), leftover):
            if leftover.is_dir() and not leftover.is_symlink():
                shutil.rmtree(leftover)
            else:
                leftover.unlink(missing_ok=True)


def _is_left_behind(writer: str, path: Path) -> bool:
    number, _, place = writer.partition("-")
    if not number.isdecimal():
        return False
    if place not in ("", _place()):
        # The process may run in another container or on another machine. A sweep takes days.
        is_place = place.replace("-", "").isdecimal()
        return is_place and time.time() - path.lstat().st_mtime > _WEEK
    return not _is_another_process(int(number))


def _is_another_process(number: int) -> bool:
    # psutil.pid_exists raises an error for numbers that are too large for a process.
    return number != os.getpid() and number in psutil.pids()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Writes sorted JSON, so that equal values give equal bytes.

    Each member of an object, and each item of a list of objects, has a line of its own.

    Args:
        value: may contain dataclasses. They become objects.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    write_text(path, _in_lines(value) + "\n")


def _in_lines(value: Any, indent: str = "") -> str:
    inner = indent + "  "
    if is_dataclass(value) and not isinstance(value, type):
        value = members_of(value)
    if isinstance(value, Mapping) and value:
        lines = [f"{_json(str(key))}: {_in_lines(value[key], inner)}" for key in sorted(value)]
        return "{\n" + ",\n".join(inner + line for line in lines) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and any(not isinstance(one, _PLAIN) for one in value):
        lines = [inner + _json(one) for one in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return _json(value)


def _json(value: Any) -> str:
    options: dict[str, Any] = {"sort_keys": True, "ensure_ascii": False, "allow_nan": False}
    return json.dumps(value, default=members_of, **options)


def members_of(value: Any) -> dict[str, Any]:
    """The fields of a dataclass, as they are. `asdict` would copy them all.

    Raises:
        TypeError: the value is not a dataclass.
    """
    return {field.name: getattr(value, field.name) for field in fields(value)}


def read_json(path: Path, *, made_by: str) -> Any:
    """Reads a JSON file.

    Args:
        made_by: the command that makes the file. The error message names it.

    Raises:
        PipelineError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path} is missing", expected=f"Make it with: {made_by}") from None
    except ValueError as error:
        distrust(path)
        raise PipelineError(
            f"{path} is damaged", received=error, expected=f"Make it again with: {made_by}"
        ) from None


def write_sealed(path: Path, values: Mapping[str, Any]) -> None:
    """Writes JSON with a digest of itself, under the key `sha256`."""
    write_json(path, {**values, "sha256": _seal(values)})


def read_sealed(path: Path, *, made_by: str) -> dict[str, Any]:
    """Reads what `write_sealed` wrote.

    Raises:
        PipelineError: the file is missing, or one of its characters has changed.
    """
    values = read_json(path, made_by=made_by)
    if not isinstance(values, dict) or values.pop("sha256", None) != _seal(values):
        distrust(path)
        raise PipelineError(f"{path} is damaged", expected=f"Make it again with: {made_by}")
    return values


def _seal(values: Mapping[str, Any]) -> str:
    content = json.dumps(values, sort_keys=True, default=members_of)
    return hashlib.sha256(content.encode()).hexdigest()


def sha256(*paths: Path) -> str:
    """Computes the hexadecimal sha256 of the bytes of `paths`, in this order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def digests_below(folder: Path) -> dict[str, str]:
    """The sha256 of each file below a folder, by path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def require_files(
    folder: Path, files: Mapping[str, str], *, made_by: str, names: Iterable[str] | None = None
) -> None:
    """Checks that files are those of a record.

    Args:
        files: the recorded sha256 of each file, by path.
        made_by: the command that makes the files.
        names: the files to check; by default all of the record.

    Raises:
        PipelineError: a file is missing or differs.
    """
    for name in files if names is None else names:
        path = folder / name
        if not path.is_file():
            raise PipelineError(f"{path} is missing", expected=f"Make it with: {made_by}")
        if _digest_now(path) != files.get(name):
            distrust(path)
            raise PipelineError(
                f"{path} is damaged or stale: it does not match its record",
                expected=f"Make it again with: {made_by}",
            )


def distrust(path: Path) -> None:
    """Makes DVC check a damaged file and the copy in its cache.

    DVC trusts a file with an unchanged time, and a read-only object of its cache. With hard links,
    both are the same file. So `dvc repro` would restore the damaged bytes.
    """
    with suppress(OSError):  # such as for a file of another owner
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
        os.utime(path)


def state_of(path: Path) -> tuple[int, ...]:
    """Values that differ after each change of a file. Zeros if the file is missing."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return (0, 0, 0, 0)
    return (state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


def _digest_now(path: Path) -> str:
    return _digest(path, state_of(path))


@lru_cache(maxsize=4096)
def _digest(path: Path, _state: tuple[int, ...]) -> str:
    """The sha256 of a file. A process reads it again only if the file has changed."""
    return sha256(path)
