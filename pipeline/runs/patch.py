"""Makes a patch from a commit to the files of a work tree.

It is made in a temporary repository, so nothing is written to the user's. It leaves out large files
and files that seem to hold secrets. Comments at its beginning name them.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.redaction import secrets_of_the_environment, without_password
from pipeline.runs.secret_files import secret_kind
from pipeline.runs.snapshot import FULL, LARGEST_PATCH, Change, Snapshot, WorkTree

_LONGEST_LIST = 100  # of files that are left out for the same reason

_PLACE = "refs/heads/disk"
_IMPORT = (
    *("-c", "core.fsync=none", "-c", "fastimport.unpackLimit=1", "-c", "pack.compression=0"),
    *("fast-import", "--quiet", "--depth=0"),
)
_DIFF = ("diff-tree", "-r", "-p", "--binary", "--full-index", "--no-renames")
_BINARY = b"\nGIT binary patch\n"


@dataclass(frozen=True)
class Patch:
    """A patch.

    Args:
        content: for `git apply`; empty if no file differs.
        left_out: by reason, the files that are left out.
    """

    content: bytes
    left_out: dict[str, list[str]]


def make(tree: WorkTree, changes: Iterable[Change]) -> Patch:
    """Makes the patch from the commit to these files on disk.

    Raises:
        GitError: git failed.
        OSError: the disk has no space for temporary files.
    """
    snapshot = Snapshot(tree)
    for change in changes:
        snapshot.add(change)
    left_out = dict(snapshot.left_out)
    parts, size = [], 0
    for section in _without_secrets(_sections(_difference(tree, snapshot)), snapshot, left_out):
        if size + len(section.patch) > LARGEST_PATCH:
            left_out[section.path] = FULL
        else:
            parts.append(section.patch)
            size += len(section.patch)
    by_reason: dict[str, list[str]] = {}
    for path, reason in sorted(left_out.items()):
        by_reason.setdefault(reason, []).append(_printable(path))
    return Patch("".join(_comments(by_reason)).encode() + b"".join(parts), by_reason)


def _difference(tree: WorkTree, snapshot: Snapshot) -> bytes:
    """The patch from the commit to a snapshot, made in a temporary repository."""
    if not snapshot.files and not snapshot.deletions:
        return b""
    with TemporaryDirectory() as folder:
        git = tree.git.plain(Path(folder))
        kind = "sha256" if len(tree.commit) == 64 else "sha1"
        form = [] if kind == "sha1" else [f"--object-format={kind}"]
        git.run("init", "--quiet", "--bare", "--template=", *form)
        Path(folder, "objects/info/alternates").write_bytes(os.fsencode(tree.objects) + b"\n")
        head = f"commit {_PLACE}\ncommitter <> 0 +0000\ndata 0\nfrom {tree.commit}\n"
        commands = [head.encode(), *snapshot.deletions, *snapshot.files]
        git.run(*_IMPORT, data=b"".join(commands))
        return git.run("-c", "core.quotePath=false", *_DIFF, tree.commit, _PLACE)


@dataclass(frozen=True)
class _Section:
    """What a patch does to one file.

    Args:
        text: the part that people can read: all, or the head of a binary patch.
    """

    path: bytes
    patch: bytes
    text: bytes

    @property
    def is_binary(self) -> bool:
        return self.text != self.patch

    @property
    def creates(self) -> bool:
        return self.text.partition(b"\n")[2].startswith(b"new file mode")


def _sections(patch: bytes) -> list[_Section]:
    """Splits a patch by files. Edits come first, because new files could fill the patch."""
    parts = re.split(rb"^(?=diff --git )", patch, flags=re.MULTILINE)[1:]
    # A file that became a link has two parts: one deletes it, the other creates it.
    sections = [_section(path, list(group)) for path, group in groupby(parts, key=_path)]
    return sorted(sections, key=lambda section: section.creates)


def _section(path: bytes, parts: Sequence[bytes]) -> _Section:
    patch, text = b"", b""
    for part in parts:
        head, binary, body = part.partition(_BINARY)
        text += head + b"\n" if binary else part
        # A binary patch has a second half for the way back. It would store the old bytes.
        patch += head + binary + body.partition(b"\n\n")[0] + b"\n\n" if binary else part
    return _Section(path, patch, text)


def _path(part: bytes) -> bytes:
    """The path in `diff --git a/<path> b/<path>`. Git quotes some letters as C does."""
    names = part.partition(b"\n")[0].removeprefix(b"diff --git ")
    name = names[len(names) // 2 + 1 :]
    if name.startswith(b'"'):
        name = name[1:-1].decode("unicode_escape").encode("latin-1")
    return name.removeprefix(b"b/")


def _without_secrets(
    sections: Sequence[_Section], snapshot: Snapshot, left_out: dict[bytes, str]
) -> Iterator[_Section]:
    """Yields the sections that seem to hold no secret, and notes the others."""
    secrets = [os.fsencode(secret) for secret in secrets_of_the_environment()]
    # Searching all texts at once is several times faster than one by one.
    any_secret = secret_kind(b"".join(section.text for section in sections), secrets)
    for section in sections:
        kind = any_secret and secret_kind(section.text, secrets)
        if section.is_binary and not kind:
            kind = secret_kind(snapshot.contents.get(section.path, b""), secrets)
        if kind:
            left_out[section.path] = f"seems to hold {kind}"
        else:
            yield section


def _comments(left_out: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for reason, names in left_out.items():
        for name in names[:_LONGEST_LIST]:
            yield f"# {name}: {reason}\n"
        if len(names) > _LONGEST_LIST:
            yield f"# and {len(names) - _LONGEST_LIST:,} more: {reason}\n"


def _printable(path: bytes) -> str:
    """A path on one line."""
    name = without_password(path.decode("utf-8", "backslashreplace"))
    return name if name.isprintable() else repr(name)[1:-1]
