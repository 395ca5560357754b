"""Reads CIFAR-10's binary archive, a tar of six files of records: a label byte, then 32 x 32 pixels, channel by channel.

The archive is read as a stream. Its members are held to the names and sizes that are known beforehand, and each is
written to a path of our own, so that nothing in the archive decides where bytes go.
"""

import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np

from pipeline.data.fetching.pixels import Images, check_labels
from pipeline.errors import DataError

TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = ("test_batch.bin",)

_FOLDER = "cifar-10-batches-bin"
_IGNORED = ("batches.meta.txt", "readme.html")
_RECORD = 1 + 3 * 32 * 32
_RECORDS = 10_000
_ALLOWANCE = 1 << 20  # of bytes for tar headers, padding and the ignored files
_CHUNK = 1 << 20


def unpack(archive: Path, folder: Path, *, records: int = _RECORDS) -> None:
    """Writes the files named in `TRAIN` and `TEST` into `folder`, each of exactly `records` records.

    Raises:
        DataError: the archive is damaged, or a member is missing, unknown, twice there, of a wrong size or no
            regular file.
    """
    seen: set[str] = set()
    with _opened(archive, largest=6 * records * _RECORD + _ALLOWANCE) as tar:
        for member in tar:
            name = _known_name(member, archive.name, seen)
            seen.add(member.name)
            if name in TRAIN + TEST:
                _check_file(member, archive.name, records * _RECORD)
                _write(tar, member, folder / name)
    missing = [name for name in TRAIN + TEST if f"{_FOLDER}/{name}" not in seen]
    if missing:
        raise DataError(f"{archive.name} is not whole", expected=f"Missing: {', '.join(missing)}")


def read(folder: Path, names: tuple[str, ...], *, classes: int) -> Iterator[Images]:
    """Yields labels (n,) and pixels (n, 3072) of each named file, pixels in the order height, width, channel."""
    for name in names:
        records = np.fromfile(folder / name, np.uint8).reshape(-1, _RECORD)
        check_labels(records[:, 0], classes=classes, shown_as=name)
        pixels = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        yield np.ascontiguousarray(records[:, 0]), pixels.reshape(len(records), -1)


@contextmanager
def _opened(archive: Path, *, largest: int) -> Iterator[tarfile.TarFile]:
    compressed = lzma.open if archive.suffix == ".xz" else gzip.open
    try:
        with compressed(archive) as stream:
            source = cast(IO[bytes], _Capped(stream, archive.name, largest))
            with tarfile.open(fileobj=source, mode="r|", bufsize=_CHUNK) as tar:
                yield tar
    except (tarfile.TarError, lzma.LZMAError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(
            f"{archive.name} is damaged", received=error, expected="Expected: a whole tar archive"
        ) from error


class _Capped:
    """Ends with `DataError` the reading of a stream that decompresses to more than it may."""

    def __init__(self, stream: gzip.GzipFile | lzma.LZMAFile, name: str, largest: int) -> None:
        self.stream = stream
        self.name = name
        self.largest = self.left = largest

    def read(self, size: int) -> bytes:
        content = self.stream.read(size)
        self.left -= len(content)
        if self.left < 0:
            raise DataError(
                f"{self.name} is too large",
                expected=f"Expected: at most {self.largest:,} bytes unpacked",
            )
        return content


def _known_name(member: tarfile.TarInfo, archive: str, seen: set[str]) -> str:
    """The member's name in its folder; the folder itself is called `""`."""
    if member.name in seen:
        raise DataError(f"{archive} holds a member twice", received=member.name)
    if member.name == _FOLDER and member.isdir():
        return ""
    folder, _, name = member.name.rpartition("/")
    if folder != _FOLDER or name not in TRAIN + TEST + _IGNORED:
        raise DataError(f"{archive} holds an unknown member", received=repr(member.name))
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise DataError(f"{archive} holds a member that is no regular file", received=member.name)
    return name


def _check_file(member: tarfile.TarInfo, archive: str, size: int) -> None:
    if member.size != size:
        raise DataError(
            f"{archive} holds {member.name} in a wrong size",
            received=f"{member.size:,} bytes",
            expected=f"Expected: {size:,}",
        )


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    content = tar.extractfile(member)
    if content is None:
        raise TypeError(f"{member.name} is no regular file")
    with target.open("xb") as file:
        while chunk := content.read(_CHUNK):
            file.write(chunk)
