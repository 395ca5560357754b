"""Reads the files of a work tree that differ from its commit, each of them once.

The bytes are those on disk: git converts no line ends, and no link is followed.
"""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.runs.git_commands import GitCommands, GitError
from pipeline.runs.secret_files import holds_private_key, is_secret_name

DELETED, _LINK, _COMMIT = "000000", "120000", "160000"  # modes of git
_FILES = {False: "100644", True: "100755"}  # by whether the owner may execute it
ENVIRONMENT = "a virtual environment"
LARGEST_PATCH = 10 << 20
FULL = f"more than the {LARGEST_PATCH >> 20} MiB of this patch"
_LARGEST_NEW_FILE = 1 << 20
_FRAME = 256  # bytes of the patch for each new file, besides its content


@dataclass(frozen=True)
class WorkTree:
    """A work tree and its commit.

    Args:
        top: the folder of the work tree.
        objects: the folder of the repository's objects.
        git: runs git in `top`.
    """

    top: Path
    objects: Path
    commit: str
    git: GitCommands


@dataclass(frozen=True)
class Change:
    """A path that may differ from the commit.

    Args:
        mode: git's mode of the file on disk; empty if it is unknown.
        is_new: whether the commit has no file of this path.
        is_dirty_inside: whether it is a submodule with changes that its commit does not have.
    """

    path: bytes
    mode: str = ""
    is_new: bool = False
    is_dirty_inside: bool = False


class _LeftOutError(Exception):
    """Why a file is left out."""


@dataclass
class Snapshot:
    """The files on disk, as commands of `git fast-import`. Each file is read once."""

    tree: WorkTree
    deletions: list[bytes] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    contents: dict[bytes, bytes] = field(default_factory=dict)
    left_out: dict[bytes, str] = field(default_factory=dict)
    room: int = LARGEST_PATCH  # for new files
    environments: dict[bytes, bytes] = field(default_factory=lambda: {b"": b""})

    def add(self, change: Change) -> None:
        """Adds a file. One that has vanished is deleted."""
        path = change.path
        if environment := change.is_new and self._environment(_parent(path)):
            self.left_out[environment + b"/"] = ENVIRONMENT
            return
        if change.is_dirty_inside:
            self.left_out[path] = "a submodule with changes of its own"
        try:
            if is_secret_name(os.fsdecode(path)):
                raise _LeftOutError("a file of secrets, by its name")
            if change.mode == DELETED:
                raise FileNotFoundError
            if change.mode == _COMMIT:
                self._add_submodule(path)
            else:
                self._add_file(change)
        except (FileNotFoundError, NotADirectoryError):
            self.deletions.append(b"D %b\n" % _quoted(path))
        except OSError as error:
            self.left_out[path] = f"reading failed: {error.strerror}"
        except (_LeftOutError, GitError) as reason:
            self.left_out[path] = str(reason)

    def _environment(self, folder: bytes) -> bytes:
        """The folder of the virtual environment around a folder; empty without one."""
        if folder not in self.environments:
            is_one = os.path.lexists(self._on_disk(folder + b"/pyvenv.cfg"))
            own = folder if is_one else b""
            self.environments[folder] = self._environment(_parent(folder)) or own
        return self.environments[folder]

    def _on_disk(self, path: bytes) -> bytes:
        return b"%b/%b" % (os.fsencode(self.tree.top), path)

    def _add_submodule(self, path: bytes) -> None:
        git = GitCommands(self.tree.top / os.fsdecode(path), self.tree.git.deadline)
        commit = git.run("rev-parse", "--verify", "HEAD").strip()
        self.files.append(b"M %b %b %b\n" % (_COMMIT.encode(), commit, _quoted(path)))

    def _add_file(self, change: Change) -> None:
        mode, content = _read(self._on_disk(change.path), is_new=change.is_new)
        if not change.is_new and holds_private_key(content):
            raise _LeftOutError("seems to hold a private key")
        if change.is_new:
            if len(content) + _FRAME > self.room:
                raise _LeftOutError(FULL)
            self.room -= len(content) + _FRAME
        if _LINK not in (change.mode, mode):
            mode = change.mode or mode  # git knows if this disk has no executable files
        head = mode.encode(), _quoted(change.path), len(content)
        self.files.append(b"M %b inline %b\ndata %d\n" % head + content + b"\n")
        self.contents[change.path] = content


def _read(path: bytes, *, is_new: bool) -> tuple[str, bytes]:
    """Reads the mode and the bytes of a file, or the target of a link.

    Raises:
        _LeftOutError: it is neither a file nor a link, or too large.
        OSError: it is missing or unreadable.
    """
    state = os.lstat(path)
    if stat.S_ISLNK(state.st_mode):
        # `Path.readlink` would turn `./a` into `a`.
        return _LINK, os.readlink(path)  # noqa: PTH115
    if stat.S_ISDIR(state.st_mode):
        # Git lists a folder only if it is a repository. A file that became a folder is gone.
        if is_new:
            raise _LeftOutError("a repository of its own")
        raise FileNotFoundError
    if not stat.S_ISREG(state.st_mode):
        raise _LeftOutError("not a regular file")
    if state.st_size > (_LARGEST_NEW_FILE if is_new else LARGEST_PATCH):
        raise _LeftOutError(f"a {'new ' if is_new else ''}file too large for this patch")
    # Another program may replace the file now: by a link, or by a pipe that never ends.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        content = file.read(state.st_size)
    return _FILES[bool(state.st_mode & stat.S_IXUSR)], content


def _parent(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _quoted(path: bytes) -> bytes:
    """A path as `git fast-import` reads it."""
    escaped = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'
