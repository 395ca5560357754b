"""Where a run comes from: git, data, code, versions, threads, and the key that binds them."""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.config.experiment import WITHOUT_EFFECT
from pipeline.data.prepared import Meta
from pipeline.files import sha256

LIBRARIES = ("keras", "numpy", "tensorflow")
_PACKAGE = Path(__file__).parent.parent
_ALL_BUT_DVC_LOCK = (":/", ":(exclude,top)dvc.lock")
_LARGEST_NEW_FILE = 1 << 20
_CODE = ("config", "data", "models", "training", "experiment.py")


@dataclass(frozen=True)
class Git:
    """The state of the work tree: `patch` is its difference from `commit`, new files included."""

    commit: str
    branch: str
    dirty: bool
    patch: str


def git_state(folder: Path = Path()) -> Git | None:
    """The repository's state, or None where there is none. `dvc.lock` does not make a tree dirty: DVC writes it."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    status = (
        _git(
            folder, "status", "--porcelain", "-z", "--untracked-files=all", "--", *_ALL_BUT_DVC_LOCK
        )
        or ""
    )
    new = [entry[3:] for entry in status.split("\0") if entry.startswith("??")]
    patch = _git(folder, "diff", "HEAD", "--binary", "--", *_ALL_BUT_DVC_LOCK) or ""
    top = Path((_git(folder, "rev-parse", "--show-toplevel") or ".").strip())
    patch += "".join(_as_patch(top, file) for file in new)
    branch = (_git(folder, "rev-parse", "--abbrev-ref", "HEAD") or "").strip()
    return Git(commit=commit.strip(), branch=branch, dirty=bool(status), patch=patch)


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _as_patch(top: Path, file: str) -> str:
    if (top / file).stat().st_size > _LARGEST_NEW_FILE:
        return f"# {file}: a new file too large for this patch\n"
    # `git diff --no-index` ends with 1 where files differ, which here they always do.
    command = ["git", "diff", "--no-index", "--binary", "--", os.devnull, file]
    return subprocess.run(command, cwd=top, capture_output=True, text=True, check=False).stdout


@cache
def code_digest() -> str:
    """sha256 over the names and bytes of all modules that can change the bits of a training, as this process loaded them."""
    modules = [
        path
        for part in _CODE
        for path in ([_PACKAGE / part] if part.endswith(".py") else (_PACKAGE / part).rglob("*.py"))
    ]
    names = [f"{module.relative_to(_PACKAGE)}:{sha256(module)}" for module in sorted(modules)]
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def identity(settings: Mapping[str, Any], meta: Meta) -> dict[str, Any]:
    """All that a training's bits depend on: settings, data, code and library versions.

    Settings of tracking and of checkpoints are left out. Threads are among the settings.
    """
    return {
        "settings": {key: value for key, value in settings.items() if key not in WITHOUT_EFFECT},
        "data": meta.digests,
        "code": code_digest(),
        "versions": {name: version(name) for name in LIBRARIES},
    }


def run_key(identity: Mapping[str, Any]) -> str:
    """sha256 of an `identity`: trainings of equal keys end with the same bits."""
    return hashlib.sha256(_canonical(identity).encode()).hexdigest()


def difference(
    stored: Mapping[str, Any], current: Mapping[str, Any]
) -> tuple[str, Any, Any] | None:
    """The first field that differs, by its dotted name, with its stored and its current value; None where all are equal.

    Values are equal as in `run_key`: a tuple equals a list, but 1 does not equal 1.0. A key that one side misses differs,
    and has the value None there.
    """
    for key in [*current, *(key for key in stored if key not in current)]:
        before, now = stored.get(key), current.get(key)
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            if found := difference(before, now):
                below, before, now = found
                return f"{key}.{below}", before, now
        elif key not in stored or key not in current or _canonical(before) != _canonical(now):
            return key, before, now
    return None


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def tags(name: str, key: str, meta: Meta, git: Git | None) -> dict[str, str]:
    """Tags of a run: experiment, stage, key, data and git."""
    found = {
        "experiment": name,
        "stage": os.environ.get("DVC_STAGE", "train"),
        "run_key": key,
        "data": meta.name,
        "data.source": meta.source,
        **{f"data.digest.{split}": digest for split, digest in meta.digests.items()},
        **{f"version.{library}": version(library) for library in LIBRARIES},
        "mlflow.source.name": "pipeline.train",
        "mlflow.source.type": "LOCAL",
    }
    if "DVC_EXP_NAME" in os.environ:
        found["dvc.exp_name"] = os.environ["DVC_EXP_NAME"]
    if git is not None:
        found |= {
            "git.commit": git.commit,
            "git.branch": git.branch,
            "git.dirty": str(git.dirty).lower(),
        }
        found["mlflow.source.git.commit"] = git.commit
    return found
