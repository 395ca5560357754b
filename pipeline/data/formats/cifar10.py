"""CIFAR-10's binary archive: six files of records, each a label and pixels.

The archive is read as a stream. Its members must have the expected names and sizes, and each is
written to a path that the reader chooses, so the archive cannot write anywhere else.
"""

import gzip
import lzma
import math
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, cast

import numpy as np

from pipeline.config.source import Source
from pipeline.data import pixels
from pipeline.data.formats import Contents, SourceFile
from pipeline.data.pixels import Images
from pipeline.errors import DataError, require

MEMBERS = {
    "train.csv": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    "test.csv": ("test_batch.bin",),
}
ALL_MEMBERS = tuple(name for names in MEMBERS.values() for name in names)

_SHAPE = [32, 32, 3]
_FOLDER = "cifar-10-batches-bin"
_IGNORED = ("batches.meta.txt", "readme.html")
_RECORD = 1 + math.prod(_SHAPE)
_RECORDS = 10_000
_ALLOWANCE = 1 << 20  # bytes for tar headers, padding and the ignored files
_CHUNK = 1 << 20


def check(source: Source) -> None:
    """Checks that a source is one archive, or several that hold the same images."""
    pixels.check_settings(source)
    require(
        source.file_count == 1,
        "source.alternatives",
        received=source.alternatives,
        expected="true, or a single file",
    )
    require(
        source.image_shape == _SHAPE,
        "source.image_shape",
        received=source.image_shape,
        expected=str(_SHAPE),
    )


def read(source: Source, files: list[SourceFile], folder: Path) -> Contents:
    """Writes `train.csv` and `test.csv`.

    Raises:
        DataError: the archive is damaged, is not the expected one, or has a label out of range.
    """
    (archive,) = files
    columns = pixels.columns_of(str(source.target), math.prod(_SHAPE))
    rows = {}
    with TemporaryDirectory(dir=folder) as work:
        _unpack(archive.path, Path(work))
        for name, members in MEMBERS.items():
            images = _images(Path(work), members, classes=len(source.classes))
            rows[name] = pixels.write_csv(folder / name, columns, images)
    return Contents(columns, rows)


def _unpack(archive: Path, folder: Path) -> None:
    """Writes the members of the archive into `folder`."""
    size = _RECORDS * _RECORD
    seen: set[str] = set()
    with _opened(archive, largest=len(ALL_MEMBERS) * size + _ALLOWANCE) as tar:
        for member in tar:
            name = _name(member, archive.name, seen)
            seen.add(member.name)
            if name in ALL_MEMBERS:
                _check_size(member, archive.name, size)
                _write(tar, member, folder / name)
    missing = [name for name in ALL_MEMBERS if f"{_FOLDER}/{name}" not in seen]
    if missing:
        raise DataError(f"{archive.name} is incomplete", expected=f"Missing: {', '.join(missing)}")


def _images(folder: Path, names: tuple[str, ...], *, classes: int) -> Iterator[Images]:
    """Yields labels (n,) and pixels (n, 3072) of each file, channels last."""
    for name in names:
        records = np.fromfile(folder / name, np.uint8).reshape(-1, _RECORD)
        pixels.check_labels(records[:, 0], classes=classes, name=name)
        by_channel = records[:, 1:].reshape(-1, 3, 32, 32)
        channels_last = by_channel.transpose(0, 2, 3, 1)
        yield np.ascontiguousarray(records[:, 0]), channels_last.reshape(len(records), -1)


@contextmanager
def _opened(archive: Path, *, largest: int) -> Iterator[tarfile.TarFile]:
    compressed = lzma.open if archive.suffix == ".xz" else gzip.open
    try:
        with compressed(archive) as stream:
            source = cast(IO[bytes], _Limited(stream, archive.name, largest))
            with tarfile.open(fileobj=source, mode="r|", bufsize=_CHUNK) as tar:
                yield tar
    except (tarfile.TarError, lzma.LZMAError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(
            f"{archive.name} is damaged",
            received=error,
            expected="Expected: a complete tar archive",
        ) from error


class _Limited:
    """Reads a compressed stream.

    Raises `DataError` once it decompresses to more than `largest`.
    """

    def __init__(self, stream: gzip.GzipFile | lzma.LZMAFile, name: str, largest: int) -> None:
        self.stream = stream
        self.name = name
        self.largest = self.budget = largest

    def read(self, size: int) -> bytes:
        content = self.stream.read(size)
        self.budget -= len(content)
        if self.budget < 0:
            raise DataError(
                f"{self.name} is too large",
                expected=f"Expected: at most {self.largest:,} bytes unpacked",
            )
        return content


def _name(member: tarfile.TarInfo, archive: str, seen: set[str]) -> str:
    """The member's name within its folder. The folder itself has the name `""`."""
    if member.name in seen:
        raise DataError(f"{archive} holds a member twice", received=member.name)
    if member.name == _FOLDER and member.isdir():
        return ""
    folder, _, name = member.name.rpartition("/")
    if folder != _FOLDER or name not in ALL_MEMBERS + _IGNORED:
        raise DataError(f"{archive} holds an unknown member", received=repr(member.name))
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise DataError(f"{archive}: a member is not a regular file", received=member.name)
    return name


def _check_size(member: tarfile.TarInfo, archive: str, size: int) -> None:
    if member.size != size:
        raise DataError(
            f"{archive}: {member.name} has the wrong size",
            received=f"{member.size:,} bytes",
            expected=f"Expected: {size:,}",
        )


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    content = tar.extractfile(member)
    if content is None:
        raise TypeError(f"{member.name} is not a regular file")
    with target.open("xb") as file:
        while chunk := content.read(_CHUNK):
            file.write(chunk)
