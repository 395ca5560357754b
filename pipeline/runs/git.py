"""Reads the state of the Git work tree that a run starts from."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.console import log
from pipeline.runs.git_commands import GitCommands, GitError
from pipeline.runs.patch import Patch, make
from pipeline.runs.snapshot import DELETED, ENVIRONMENT, Change, WorkTree

_SECONDS = 20.0
_STATUS = (
    *("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--ignored=no"),
    *("--ignore-submodules=none", "--no-renames"),
)
# By the first letter of a line of `git status`: how many fields precede the path, and which of
# them is the mode on disk.
_FIELDS = {b"1": 8, b"u": 10}
_MODE = {b"1": 5, b"u": 6}
_NO_REPOSITORY = "not a git repository (or any"
_LOCK = b"dvc.lock"
_LONGEST_LIST = 5  # of files in the warning


@dataclass(frozen=True)
class Git:
    """The state of a work tree.

    Args:
        branch: `HEAD` if no branch is checked out.
        patch: the difference from `commit` to the files on disk, for `git apply`.
    """

    commit: str
    branch: str
    dirty: bool
    patch: bytes


def state(
    folder: Path = Path(), *, needed: Iterable[str] = (), seconds: float = _SECONDS
) -> Git | None:
    """Reads the state of the repository around `folder`.

    Git never stops a run: if it fails, a warning says why, and the state is None. It is None
    without a warning if there is no repository. `dvc.lock` does not make a tree dirty, because DVC
    writes it while stages run.

    Args:
        needed: paths below `folder` that the patch holds even if git ignores them.
        seconds: the longest time for all of git.
    """
    try:
        return _state(folder, needed, time.monotonic() + seconds)
    except Exception as error:  # noqa: BLE001 - no fault of git may stop a training
        if _NO_REPOSITORY not in str(error):
            log(f"warning: the state of Git is not recorded: {error}")
        return None


def _state(folder: Path, needed: Iterable[str], deadline: float) -> Git:
    here = folder.absolute()
    command = ("rev-parse", "--show-toplevel", "--git-path", "objects")
    paths = os.fsdecode(GitCommands(here, deadline).run(*command))
    top, _, objects = paths.removesuffix("\n").rpartition("\n")
    git = GitCommands(Path(top), deadline)
    lines = git.run(*_STATUS).split(b"\0")
    commit, branch = _header(lines, "branch.oid"), _header(lines, "branch.head")
    if commit == "(initial)":
        raise GitError("the repository has no commit")
    changes = list(_changes(lines))
    tree = WorkTree(git.folder, here / objects, commit, git)
    ignored = _ignored(git, [here / path for path in needed])
    patch = _patch(tree, [*changes, *_hidden(git), *ignored])
    _warn(patch)
    return Git(
        commit=commit,
        branch="HEAD" if branch == "(detached)" else branch,
        dirty=bool(changes or patch.content),
        patch=patch.content,
    )


def _header(lines: Sequence[bytes], name: str) -> str:
    start = f"# {name} ".encode()
    for line in lines:
        if line.startswith(start):
            return line.removeprefix(start).decode("utf-8", "backslashreplace")
    raise GitError(f"git status does not say {name}")


def _changes(lines: Sequence[bytes]) -> Iterator[Change]:
    """The changed and new files of `git status`."""
    for line in lines:
        kind = line[:1]
        if kind == b"?":
            change = Change(line[2:], is_new=True)
        elif kind in _FIELDS:
            fields = line.split(b" ", _FIELDS[kind])
            change = Change(
                path=fields[-1],
                mode=fields[_MODE[kind]].decode(),
                is_new=fields[3].decode() == DELETED,
                # Such as `SCMU`: a submodule with another commit, changed and untracked files.
                is_dirty_inside=fields[2].startswith(b"S") and fields[2][2:] != b"..",
            )
        else:
            continue
        if change.path.rpartition(b"/")[2] != _LOCK:
            yield change


def _hidden(git: GitCommands) -> Iterator[Change]:
    """Files that `git status` skips, because the user marked them as unchanged."""
    for entry in git.run("ls-files", "-v", "-z").split(b"\0"):
        tag, path = entry[:1], entry[2:]
        file = git.folder / os.fsdecode(path)
        if (tag.islower() or tag == b"S") and os.path.lexists(file) and not file.is_dir():
            yield Change(path)


def _ignored(git: GitCommands, paths: Sequence[Path]) -> list[Change]:
    """The files among some paths that git ignores and the commit does not hold."""
    top = git.folder.resolve()
    inside = [path for path in map(Path.resolve, paths) if path.is_relative_to(top)]
    if not inside:
        return []
    result = git.run(
        *("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"),
        *(b":(literal)%b" % os.fsencode(path.relative_to(top)) for path in inside),
    )
    return [Change(name, is_new=True) for name in result.split(b"\0") if name]


def _patch(tree: WorkTree, changes: Sequence[Change]) -> Patch:
    """The patch, or a comment that says why there is none."""
    try:
        return make(tree, changes)
    except (GitError, OSError) as error:
        log(f"warning: the changes since the last commit are not recorded: {error}")
        return Patch(f"# no patch: {error}\n".encode(), {})


def _warn(patch: Patch) -> None:
    reasons = []
    for reason, names in patch.left_out.items():
        more = f" and {len(names) - _LONGEST_LIST:,} more" if names[_LONGEST_LIST:] else ""
        if reason != ENVIRONMENT:
            reasons.append(f"{', '.join(names[:_LONGEST_LIST])}{more} ({reason})")
    if reasons:
        log(f"warning: diff.patch leaves out {'; '.join(reasons)}")
