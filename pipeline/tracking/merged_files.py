"""Merges the files of another folder `mlruns` into that of this project."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from pipeline import sealed_lines
from pipeline.errors import PipelineError
from pipeline.evaluation import looks
from pipeline.files import replacing, replacing_folder, sha256
from pipeline.locks import locked
from pipeline.runs import record
from pipeline.runs.result import MADE_BY

# Checkpoints, results and the ledger have rules of their own.
_PLAIN = ("artifacts", "baselines", "searches", "sweeps", "tensorboard")
_CHECKPOINTS = "checkpoints"
_LEDGER = f"looks/{looks.FILE}"
_LOCKS = ("lock", ".lock")


def merge(other: Path, ours: Path) -> int:
    """Copies what this project does not have. Returns the number of files that were written.

    If two files differ, the one with the greater sha256 stays, in any order of merges.
    """
    count = sum(
        _merge_file(file, ours / file.relative_to(other))
        for folder in _PLAIN
        for file in _files(other / folder)
    )
    for theirs in sorted((other / _CHECKPOINTS).glob("*/")):
        count += _merge_run(theirs, ours / _CHECKPOINTS / theirs.name)
    return count + _merge_ledgers(other / _LEDGER, ours / _LEDGER)


def listing(folder: Path) -> Iterator[str]:
    """The digests of the files of records and results, and of the looks, in a fixed order."""
    files = [file for name in _PLAIN for file in _files(folder / name)]
    files += [
        file for result in (folder / _CHECKPOINTS).glob("*/result") for file in _files(result)
    ]
    for file in sorted(files):
        yield f"{sha256(file)}  {file.relative_to(folder).as_posix()}"
    if (folder / _LEDGER).is_file():
        yield from sorted((folder / _LEDGER).read_text(encoding="utf-8").splitlines())


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder, without those that are being written."""
    for file in sorted(folder.rglob("*")):
        names = file.relative_to(folder).parts
        if file.is_file() and file.name not in _LOCKS and not names[-1].startswith("."):
            yield file


def _merge_file(theirs: Path, ours: Path) -> int:
    if ours.is_file() and sha256(ours) >= sha256(theirs):
        return 0
    with replacing(ours) as temporary:
        shutil.copyfile(theirs, temporary)
    return 1


def _merge_run(theirs: Path, ours: Path) -> int:
    """Copies the result of a run, or its checkpoints if it has not finished anywhere."""
    own, other = _run_of(ours), _run_of(theirs)
    if other is not None:
        if own is not None and own <= other:  # equal runs have the same bits; the first id stays
            return 0
        with replacing_folder(ours / "result") as temporary:
            shutil.copytree(theirs / "result", temporary, dirs_exist_ok=True)
        _remove_checkpoints(ours)
        return sum(1 for _ in _files(ours / "result"))
    if own is not None or _latest(theirs) <= _latest(ours):
        return 0
    _remove_checkpoints(ours)
    return sum(_merge_file(file, ours / file.relative_to(theirs)) for file in _files(theirs))


def _run_of(folder: Path) -> str | None:
    """The id of the run with its result in a folder; None without one."""
    try:
        return record.read(folder / "result", made_by=MADE_BY).run_id
    except PipelineError:
        return None


def _remove_checkpoints(folder: Path) -> None:
    for checkpoint in folder.glob("*.checkpoint"):
        checkpoint.unlink()


def _latest(folder: Path) -> tuple[str, str]:
    """Orders folders of checkpoints by their newest one."""
    newest = max(folder.glob("*.checkpoint"), default=None)
    return ("", "") if newest is None else (newest.name, sha256(newest))


def _merge_ledgers(theirs: Path, ours: Path) -> int:
    """Adds the looks of the other ledger. Readers of a ledger sort its lines by time."""
    if not theirs.is_file():
        return 0
    with locked(ours.parent, "merges looks", wait=True):
        before = _whole_lines(ours) if ours.is_file() else []
        new = [line for line in dict.fromkeys(_whole_lines(theirs)) if line not in set(before)]
        if not new:
            return 0
        with replacing(ours) as temporary:
            temporary.write_bytes(b"".join([*before, *new]))
    return 1


def _whole_lines(ledger: Path) -> list[bytes]:
    """The lines. A last one that a kill has cut is left out: the next line would continue it."""
    *whole, last = (line + b"\n" for line in ledger.read_bytes().split(b"\n"))
    return whole if sealed_lines.unseal(last) is None else [*whole, last]
