"""Recognises files by their first bytes: compressed text, plain text, or something else."""

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from pipeline.errors import DataError

COMPRESSED = (".gz", ".xz", ".bz2", ".zip")
_HEAD = 1024  # bytes that show what a file is
_BUFFER = 1 << 16  # bytes
_COMPRESSIONS: dict[bytes, tuple[str, Callable[[Any], Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"\xfd7zXZ": ("xz", lzma.open),
    b"BZh": ("bzip2", bz2.open),
}

_CONVERT = "Save it as CSV"
_IMAGES = "For images, set path to the folder that holds a folder for each class, such as photos/"
_FORMAT = "Save it as CSV, or set format: {} in the source's settings"
# The first bytes of files that people mistake for text: the kind of file, and what to do.
_SIGNATURES = {
    b"PAR1": ("a Parquet file", _FORMAT.format("parquet")),
    b"\xd0\xcf\x11\xe0": ("an old Excel file (.xls)", "Save it as .xlsx or as CSV"),
    b"%PDF": ("a PDF file", "Save its table as CSV"),
    b"SQLite format 3": ("an SQLite database", _CONVERT),
    b"\x89HDF": ("an HDF5 file", _CONVERT),
    b"\x93NUMPY": ("an array of NumPy", _CONVERT),
    b"\x80\x03": ("a Python pickle", _CONVERT),
    b"\x80\x04": ("a Python pickle", _CONVERT),
    b"\x80\x05": ("a Python pickle", _CONVERT),
    b"ARROW1": ("a Feather file", _CONVERT),
    b"FEA1": ("a Feather file", _CONVERT),
    b"$FL2": ("an SPSS file", _CONVERT),
    b"<stata_dta>": ("a Stata file", _CONVERT),
    b"MATLAB 5.0": ("a MATLAB file", _CONVERT),
    b"RDX2\n": ("data of R", _CONVERT),
    b"RDX3\n": ("data of R", _CONVERT),
    b"-- mysql dump": ("statements of SQL", _CONVERT),
    b"insert into ": ("statements of SQL", _CONVERT),
    b"create table ": ("statements of SQL", _CONVERT),
    b"\x89PNG": ("a PNG image", _IMAGES),
    b"\xff\xd8\xff": ("a JPEG image", _IMAGES),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", "Unpack it first"),
    b"Rar!": ("a RAR archive", "Unpack it first"),
    b"version https://git-lfs": (
        "a pointer of Git LFS, not the file itself",
        "Get the file with: git lfs pull",
    ),
    b"<?xml": ("an XML file", _CONVERT),
    b"<!doctype html": ("a web page, such as a login page", "Download the file itself"),
    b"<html": ("a web page, such as a login page", "Download the file itself"),
}
_SVMLIGHT = re.compile(rb"[-+.\de]+(?: \d+:[-+.\de]+)+\s*(?:#|$)", re.MULTILINE)
_SHEETS = ("a spreadsheet (.xlsx)", _FORMAT.format("xlsx"))
JSON = "JSON Lines"
_JSON = "Write one object a line, as pandas does by to_json(path, orient='records', lines=True), "
_JSON += "and call the file .jsonl, or set format: jsonl"
_FAULTS = (OSError, EOFError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Opened:
    """The bytes of a file, without compression.

    Args:
        stream: the bytes, from the first one.
        head: the first bytes. They are still in the stream.
        name: the name of the file without the ending of its compression, in lower case.
        compression: how the file is compressed, such as `gzip`, or nothing.
    """

    stream: BinaryIO
    head: bytes
    name: str
    compression: str


@contextmanager
def opened(path: Path, *, name: str) -> Iterator[Opened]:
    """Opens a file for its bytes and decompresses gzip, xz, bzip2 and zip.

    Args:
        name: the name of the file in errors.

    Raises:
        DataError: the file is unreadable, is a damaged archive, or is a zip of several files.
    """
    try:
        with path.open("rb") as file:
            signature = file.read(6)
            file.seek(0)
            inner, compression, stream = _without_ending(path.name), "", cast(BinaryIO, file)
            for start, (kind, decompress) in _COMPRESSIONS.items():
                if signature.startswith(start):
                    compression, stream = kind, decompress(file)
            if signature.startswith(b"PK\x03\x04"):
                compression = "zip"
                stream, inner = _only_member(file, name)
            with io.BufferedReader(cast(io.RawIOBase, stream), _BUFFER) as buffered:
                head = buffered.peek(_HEAD)[:_HEAD]
                yield Opened(cast(BinaryIO, buffered), head, inner.lower(), compression)
    except _FAULTS as error:
        if isinstance(error, OSError) and error.strerror:
            fault, expected = "cannot be read", "Expected: a file"
        else:
            fault, expected = "is damaged", "Download it again"
        reason = getattr(error, "strerror", None) or str(error) or "it ends too early"
        raise DataError(f"{name} {fault}", received=reason, expected=expected) from None


def refuse_other_kinds(head: bytes, *, name: str, file_format: str) -> None:
    """Raises `DataError` if the first bytes belong to a well-known kind that is not text.

    Args:
        name: the name of the file in errors.
        file_format: what the file should be, such as `CSV`.
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signature, (kind, advice) in _SIGNATURES.items():
        if head.startswith(signature) or start.startswith(signature):
            raise DataError(f"{name} is not {file_format}", received=kind, expected=advice)
    if file_format != JSON and re.match(rb"[\[{]\s*[\[{\"]", start):
        raise DataError(f"{name} is not {file_format}", received="JSON", expected=_JSON)
    if _SVMLIGHT.match(start):
        raise DataError(
            f"{name} is not {file_format}", received="an SVMlight file", expected=_CONVERT
        )
    if head[257:262] == b"ustar":
        raise DataError(
            f"{name} is not {file_format}", received="a tar archive", expected="Unpack it"
        )


def _without_ending(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return stem if f"{dot}{ending}".lower() in COMPRESSED else name


def _only_member(file: BinaryIO, name: str) -> tuple[BinaryIO, str]:
    archive = zipfile.ZipFile(file)
    names = [member.filename for member in archive.infolist() if not member.is_dir()]
    if "[Content_Types].xml" in names:
        kind, advice = _SHEETS
        raise DataError(f"{name} is not text", received=kind, expected=advice)
    # macOS adds files of its own.
    names = [
        inner for inner in names if not inner.startswith("__MACOSX/") and ".DS_Store" not in inner
    ]
    if len(names) != 1:
        raise DataError(
            f"{name} holds {len(names)} files",
            received=", ".join(names[:10]) or "nothing",
            expected="Unpack it, and set path to one of them. If two of them are training and test "
            "rows, set path and test_path",
        )
    return cast(BinaryIO, archive.open(names[0])), names[0]


def require_signature(path: Path, signature: bytes, *, name: str, file_format: str) -> None:
    """Raises `DataError` unless a file begins with these bytes.

    Args:
        name: the name of the file in errors.
        file_format: what the file should be, such as `Parquet`.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise DataError(f"{name} cannot be read", received=error.strerror) from None
    if not head.startswith(signature):
        refuse_other_kinds(head, name=name, file_format=file_format)
        raise DataError(
            f"{name} is not {file_format}",
            received=f"a file that begins with {head[:8]!r}",
            expected="Unpack it if it is compressed, or set format in the source's settings",
        )
