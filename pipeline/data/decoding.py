"""Bytes of anyone's file as lines of text in UTF-8; where they are something else, what they seem to be."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import DataError

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
def utf8_lines(path: Path, *, shown_as: str) -> Iterator[Iterator[str]]:
    """Opens a file for its lines, each with its line end; `shown_as` is the name that errors give to it.

    Raises:
        DataError: the file cannot be read, is of another kind, or holds a byte that is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            _check_signature(file.read(512), shown_as)
        # Bytes that are not UTF-8 come through as surrogates, so that the line they stand in is known.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            yield _checked(text, shown_as)
    except OSError as error:
        raise DataError(
            f"{shown_as} cannot be read", received=error.strerror, expected="Expected: a CSV file"
        ) from None


def _check_signature(head: bytes, shown_as: str) -> None:
    kinds = [kind for signature, kind in _SIGNATURES.items() if head.startswith(signature)]
    kinds += ["UTF-16 text"] if _UTF16.match(head) else []
    if not kinds:
        return
    advice = (
        "Expected: UTF-8; save the file in that encoding"
        if kinds[0] == "UTF-16 text"
        else "Expected: the CSV itself"
    )
    raise DataError(f"{shown_as} is not CSV in UTF-8", received=kinds[0], expected=advice)


def _checked(lines: Iterator[str], shown_as: str) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise DataError(
                f"{shown_as}, line {number}: there is a NUL byte",
                expected="Expected: text in UTF-8",
            )
        if not line.isascii():
            _check_encoding(line, f"{shown_as}, line {number}")
        yield line


def _check_encoding(line: str, place: str) -> None:
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as error:
        byte = f"0x{ord(line[error.start]) - 0xDC00:02x}"
        raise DataError(
            f"{place}: a byte is not UTF-8", received=byte, expected="Save the file as UTF-8"
        ) from None
