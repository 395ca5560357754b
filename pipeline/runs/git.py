"""Reads the state of the Git work tree that a run starts from."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_ALL_BUT_DVC_LOCK = (":/", ":(exclude,top)dvc.lock")
_LARGEST_NEW_FILE = 1 << 20


@dataclass(frozen=True)
class Git:
    """The state of a work tree; `patch` is its difference from `commit`."""

    commit: str
    branch: str
    dirty: bool
    patch: str


def state(folder: Path = Path()) -> Git | None:
    """Reads the state of the repository around `folder`.

    Returns None if there is no commit. `dvc.lock` does not make a tree dirty, because DVC
    writes it while stages run.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    options = ("--porcelain", "-z", "--untracked-files=all", "--", *_ALL_BUT_DVC_LOCK)
    status = _git(folder, "status", *options) or ""
    new = [entry[3:] for entry in status.split("\0") if entry.startswith("??")]
    patch = _git(folder, "diff", "HEAD", "--binary", "--", *_ALL_BUT_DVC_LOCK) or ""
    top = Path((_git(folder, "rev-parse", "--show-toplevel") or ".").strip())
    patch += "".join(_as_patch(top, file) for file in new)
    branch = (_git(folder, "rev-parse", "--abbrev-ref", "HEAD") or "").strip()
    return Git(commit=commit.strip(), branch=branch, dirty=bool(status), patch=patch)


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return result.stdout if result.returncode == 0 else None


def _as_patch(top: Path, file: str) -> str:
    if (top / file).stat().st_size > _LARGEST_NEW_FILE:
        return f"# {file}: a new file too large for this patch\n"
    # This command exits with 1 if the files differ, and a new file always differs from nothing.
    command = ["git", "diff", "--no-index", "--binary", "--", os.devnull, file]
    return subprocess.run(command, cwd=top, capture_output=True, text=True, check=False).stdout
