"""Files that are compressed, or another kind than people think."""

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import pytest

from pipeline.data import kinds
from tests.support.refusals import refusal

TEXT = b"a,b\n1,2\n"


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            # Without a date of today, because names of tests hold these bytes.
            info = zipfile.ZipInfo(name.replace("__", "/").replace("_", "."))
            archive.writestr(info, content)
    return stream.getvalue()


def content_of(path: Path) -> tuple[bytes, str, str]:
    with kinds.opened(path, name="own") as file:
        return file.stream.read(), file.name, file.compression


@pytest.mark.parametrize(
    ("name", "content", "inner", "compression"),
    [
        ("own.csv", TEXT, "own.csv", ""),
        ("own.CSV.gz", gzip.compress(TEXT, mtime=0), "own.csv", "gzip"),
        ("own.csv.xz", lzma.compress(TEXT), "own.csv", "xz"),
        ("own.csv", bz2.compress(TEXT), "own.csv", "bzip2"),
        ("own.zip", zipped(folder__own_tsv=TEXT), "folder/own.tsv", "zip"),
    ],
)
def test_signature_decides_the_compression(tmp_path, name, content, inner, compression):
    (tmp_path / name).write_bytes(content)
    assert content_of(tmp_path / name) == (TEXT, inner, compression)


@pytest.mark.parametrize("other", ["__MACOSX/._own.csv", "folder/.DS_Store"])
def test_files_of_macos_in_a_zip_do_not_count(tmp_path, other):
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        archive.writestr("own.csv", TEXT)
        archive.writestr(other, b"")
    assert content_of(tmp_path / "own.zip") == (TEXT, "own.csv", "zip")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            zipped(a_csv=TEXT, b_csv=TEXT),
            "own holds 2 files. Received: a.csv, b.csv. Unpack it, and set path to one of them. "
            "If two of them are training and test rows, set path and test_path.",
        ),
        (
            gzip.compress(TEXT * 100, mtime=0)[:-9],
            "own is damaged. Received: Compressed file ended before the end-of-stream marker was "
            "reached. Download it again.",
        ),
        (zipped(a_csv=TEXT)[:40], "own is damaged. Received: File is not a zip file."),
        (
            zipped(**{"[Content_Types]_xml": TEXT}).replace(b"[Content.Types]", b"[Content_Types]"),
            "own is not text. Received: a spreadsheet (.xlsx). Save it as CSV, or set "
            "format: xlsx in the source's settings.",
        ),
    ],
)
def test_useless_archive_is_refused(tmp_path, content, message):
    (tmp_path / "own").write_bytes(content)
    assert refusal(content_of, tmp_path / "own").startswith(message)


@pytest.mark.parametrize(
    ("head", "received", "advice"),
    [
        (b"\n<!DOCTYPE html>", "a web page, such as a login page", "Download the file itself"),
        (b"\xef\xbb\xbf<HTML>", "a web page, such as a login page", "Download the file itself"),
        (
            b"version https://git-lfs.github.com/spec/v1",
            "a pointer of Git LFS, not the file itself",
            "Get the file with: git lfs pull",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "an old Excel file (.xls)",
            "Save it as .xlsx or as CSV",
        ),
        (
            b"PAR1\x15",
            "a Parquet file",
            "Save it as CSV, or set format: parquet in the source's settings",
        ),
        (b"%PDF-1.4", "a PDF file", "Save its table as CSV"),
        (b"\x80\x04\x95", "a Python pickle", "Save it as CSV"),
        (b"ARROW1\0\0", "a Feather file", "Save it as CSV"),
        (b"$FL2@(#)", "an SPSS file", "Save it as CSV"),
        (b"<stata_dta><header>", "a Stata file", "Save it as CSV"),
        (b"INSERT INTO t VALUES (1, 2);", "statements of SQL", "Save it as CSV"),
        (b"-1 1:0.5 3:1e-2\n1 2:4\n", "an SVMlight file", "Save it as CSV"),
        (b"a".ljust(257, b"\0") + b"ustar", "a tar archive", "Unpack it"),
    ],
)
def test_other_kind_is_named(head, received, advice):
    message = refusal(kinds.refuse_other_kinds, head, name="own", file_format="CSV")
    assert message == f"own is not CSV. Received: {received}. {advice}."


@pytest.mark.parametrize("head", [b'[{"a": 1}', b'{"a": 1}'])
def test_json_is_no_csv(head):
    message = refusal(kinds.refuse_other_kinds, head, name="own", file_format="CSV")
    assert message.startswith("own is not CSV. Received: JSON. Write one object a line")
    kinds.refuse_other_kinds(head, name="own", file_format=kinds.JSON)


@pytest.mark.parametrize("head", [b"", b"a,b", b"<a>,b", b"{a},b", b"[1],2"])
def test_text_is_accepted(head):
    kinds.refuse_other_kinds(head, name="own", file_format="CSV")
