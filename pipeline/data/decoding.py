"""Decoding: the bytes of a file as lines of UTF-8 text."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import DataError

# The first bytes of files that are often taken for CSV. Errors name the kind of file.
_SIGNATURES = {
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\xfd7zXZ\x00": "an xz archive",
    b"BZh": "a bzip2 archive",
    b"PAR1": "a Parquet file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_UTF16 = re.compile(rb"(?s)(?:[^\0]\0){4}|(?:\0[^\0]){4}")


@contextmanager
def utf8_lines(path: Path, *, name: str) -> Iterator[Iterator[str]]:
    """Opens a file for its lines, each with its line end.

    Args:
        name: the name of the file in errors.

    Raises:
        DataError: the file cannot be read, is not text, or holds a byte that is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            _check_signature(file.read(512), name)
        # Bytes that are not UTF-8 become surrogates, so that an error can name their line.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            yield _checked(text, name)
    except OSError as error:
        raise DataError(
            f"{name} cannot be read", received=error.strerror, expected="Expected: a CSV file"
        ) from None


def _check_signature(head: bytes, name: str) -> None:
    kinds = [kind for signature, kind in _SIGNATURES.items() if head.startswith(signature)]
    kinds += ["UTF-16 text"] if _UTF16.match(head) else []
    if not kinds:
        return
    advice = (
        "Save the file as UTF-8"
        if kinds[0] == "UTF-16 text"
        else "Save it as CSV, or set format in the source's settings"
    )
    raise DataError(f"{name} is not CSV in UTF-8", received=kinds[0], expected=advice)


def _checked(lines: Iterator[str], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise DataError(
                f"{name}, line {number}: there is a NUL byte", expected="Save the file as UTF-8"
            )
        if not line.isascii():
            _check_encoding(line, f"{name}, line {number}")
        yield line


def _check_encoding(line: str, place: str) -> None:
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as error:
        byte = f"0x{ord(line[error.start]) - 0xDC00:02x}"
        raise DataError(
            f"{place}: a byte is not UTF-8", received=byte, expected="Save the file as UTF-8"
        ) from None
