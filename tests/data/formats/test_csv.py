"""Which CSV files are accepted, what they become, and how each kind of broken file is refused."""

import gzip
from pathlib import Path

import pytest

from pipeline.config.source import File, Source
from pipeline.data.formats import Contents, SourceFile, csv
from tests.support.refusals import refusal


def read(folder: Path, content: str | bytes, **settings: object) -> Contents:
    path = folder / "own.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = Source("own", path=str(path), **settings)  # type: ignore[arg-type]
    return csv.read(source, [SourceFile("own.csv", path, "own.csv")], folder)


def rewritten(folder: Path, content: str | bytes, **settings: object) -> str:
    read(folder, content, **settings)
    return (folder / "data.csv").read_text(encoding="utf-8")


def test_columns_and_rows_are_counted(tmp_path):
    assert read(tmp_path, "a,b\n1,2\n3,4\n") == Contents(["a", "b"], {"data.csv": 2})


def test_plain_file_is_unchanged(tmp_path):
    assert rewritten(tmp_path, "a,b\n1,2\n") == "a,b\n1,2\n"


def test_windows_line_ends_are_accepted(tmp_path):
    assert rewritten(tmp_path, "a,b\r\n1,2\r\n") == "a,b\n1,2\n"


def test_carriage_returns_are_accepted(tmp_path):
    assert rewritten(tmp_path, "a,b\r1,2\r") == "a,b\n1,2\n"


def test_missing_final_newline_is_accepted(tmp_path):
    assert rewritten(tmp_path, "a,b\n1,2") == "a,b\n1,2\n"


def test_byte_order_mark_is_removed(tmp_path):
    assert rewritten(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n") == "a,b\n1,2\n"


def test_blank_lines_at_the_end_are_accepted(tmp_path):
    assert rewritten(tmp_path, "a,b\n1,2\n\n\r\n") == "a,b\n1,2\n"


def test_quoted_commas_quotes_and_newlines_stay(tmp_path):
    content = 'a,b\n"x, ""y""","two\nlines"\n'
    assert rewritten(tmp_path, content) == content


def test_letters_beyond_ascii_stay(tmp_path):
    assert rewritten(tmp_path, "naïve,β\n1,日本\n") == "naïve,β\n1,日本\n"


def test_spaces_after_a_delimiter_are_removed(tmp_path):
    assert rewritten(tmp_path, 'a, b\n1, "x, y"\n') == 'a,b\n1,"x, y"\n'


def test_only_value_of_a_row_may_be_missing(tmp_path):
    assert rewritten(tmp_path, 'a\n1\n""\n') == 'a\n1\n""\n'


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " "])
def test_other_delimiters_become_commas(tmp_path, delimiter):
    content = f"a{delimiter}b\n1{delimiter}2\n"
    assert rewritten(tmp_path, content, delimiter=delimiter) == "a,b\n1,2\n"


def test_decimal_comma_is_quoted(tmp_path):
    assert rewritten(tmp_path, "a;b\n1,5;2\n", delimiter=";") == 'a,b\n"1,5",2\n'


def test_columns_without_header_are_numbered(tmp_path):
    assert rewritten(tmp_path, "1,2\n3,4\n", header=False) == "c1,c2\n1,2\n3,4\n"


def test_columns_without_header_can_be_named(tmp_path):
    assert rewritten(tmp_path, "1,2\n", header=False, columns=["x", "y"]) == "x,y\n1,2\n"


EXPECT_BOTH = "Expected: a header and at least one row."
UTF8 = "Save the file as UTF-8."
OTHER_FORMAT = "Save it as CSV, or set format in the source's settings."
AFTER_QUOTE = "End the value there with ',', or write \"\" for a quote inside it."
BROKEN = {
    "empty": (b"", f"own.csv is empty. {EXPECT_BOTH}"),
    "only blank lines": (b"\n\n", f"own.csv is empty. {EXPECT_BOTH}"),
    "only a header": (
        b"a,b\n",
        "own.csv has a header and no rows. Received: 1 line. Expected: at least one row.",
    ),
    "no header": (
        b"1,2\n3,4\n",
        "own.csv, line 1: the header holds only numbers. Received: '1,2'. "
        "If the file has no header, set header: false in the source's settings.",
    ),
    "repeated column": (
        b"a,b,a\n1,2,3\n",
        "own.csv, line 1: several columns have the name a. Received: columns 1, 3. "
        "Give each column a different name.",
    ),
    "unnamed column": (
        b"a,\n1,2\n",
        "own.csv, line 1: column 2 has no name. Name every column.",
    ),
    "short row": (
        b"a,b,c\n1,2,3\n1\n",
        "own.csv, line 3: the row is too short. Received: 1 value. "
        "Expected: 3 values; b is the first column without one.",
    ),
    "long row": (
        b"a,b\n1,2\n1,234,5\n",
        "own.csv, line 3: the row is too long. Received: 3 values, the first extra one '5'. "
        "Expected: 2 values; put a value in quotes if it contains the delimiter.",
    ),
    "blank line": (
        b"a,b\n1,2\n\n3,4\n",
        "own.csv, line 3: the line is blank. Remove the line.",
    ),
    "semicolons": (
        b"a;b\n1,5;2\n",
        "own.csv, line 1: there is only one column, and its name contains a semicolon. "
        "Received: 'a;b'. "
        'If it separates the columns, set delimiter: ";" in the source\'s settings.',
    ),
    "tabs": (
        b"a\tb\n1\t2\n",
        "own.csv, line 1: there is only one column, and its name contains a tab. "
        r"Received: 'a\tb'. "
        r'If it separates the columns, set delimiter: "\t" in the source'
        "'s settings.",
    ),
    "bars": (
        b"a|b\n1|2\n",
        "own.csv, line 1: there is only one column, and its name contains a bar. "
        "Received: 'a|b'. "
        'If it separates the columns, set delimiter: "|" in the source\'s settings.',
    ),
    "UTF-16": (
        "a,b\n1,2\n".encode("utf-16"),
        f"own.csv is not CSV in UTF-8. Received: UTF-16 text. {UTF8}",
    ),
    "UTF-16 without a mark": (
        "a,b\n1,2\n".encode("utf-16-be"),
        f"own.csv is not CSV in UTF-8. Received: UTF-16 text. {UTF8}",
    ),
    "Latin-1": (
        "a,b\n1,2\n1,café\n".encode("latin-1"),
        f"own.csv, line 3: a byte is not UTF-8. Received: 0xe9. {UTF8}",
    ),
    "NUL byte": (b"a,b\n1,2\n1,\0\n", f"own.csv, line 3: there is a NUL byte. {UTF8}"),
    "open quote": (
        b'a,b\n1,2\n"3,4\n5,6\n',
        "own.csv, line 3: a quote is opened and never closed. "
        'Close it with a second ", and write "" for a quote inside a value.',
    ),
    "text after a quote": (
        b'a,b\n"x"y,2\n',
        f"own.csv, line 2: text follows the closing quote of a value. {AFTER_QUOTE}",
    ),
    "text after a quote of an earlier line": (
        b'a,b\n"x,2\n"y",3\n',
        "own.csv, line 3: text follows the closing quote of a value in the row that begins "
        f"on line 2. {AFTER_QUOTE}",
    ),
    "huge value": (
        b"a,b\n" + b"x" * 140_000 + b",2\n",
        "own.csv, line 2: a value is longer than 131,072 characters. "
        "Look for a quote that is not closed, or shorten the value.",
    ),
    "gzip": (
        gzip.compress(b"a,b\n1,2\n"),
        f"own.csv is not CSV in UTF-8. Received: a gzip archive. {OTHER_FORMAT}",
    ),
    "spreadsheet": (
        b"PK\x03\x04\x14\x00",
        f"own.csv is not CSV in UTF-8. Received: a zip archive or a spreadsheet. {OTHER_FORMAT}",
    ),
    "Parquet": (
        b"PAR1\x15\x04",
        f"own.csv is not CSV in UTF-8. Received: a Parquet file. {OTHER_FORMAT}",
    ),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_file_is_refused(tmp_path, content, message):
    assert refusal(read, tmp_path, content) == message


@pytest.mark.parametrize(
    ("name", "reason"), [(".", "Is a directory"), ("none.csv", "No such file or directory")]
)
def test_unreadable_file_is_refused(tmp_path, name, reason):
    source = Source("own", path="own.csv")
    files = [SourceFile("own.csv", tmp_path / name, "own.csv")]
    assert refusal(csv.read, source, files, tmp_path) == (
        f"own.csv cannot be read. Received: {reason}. Expected: a CSV file."
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            ["x", "y"],
            "own.csv, line 1: the row is too long. Received: 3 values, the first extra one '3'. "
            "Expected: 2 values; put a value in quotes if it contains the delimiter.",
        ),
        (
            ["x", "y", "x"],
            "own.csv, columns in the source's settings: several columns have the name x. "
            "Received: columns 1, 3. Give each column a different name.",
        ),
    ],
)
def test_column_names_must_match_the_file(tmp_path, columns, message):
    assert refusal(read, tmp_path, "1,2,3\n", header=False, columns=columns) == message


@pytest.mark.parametrize(
    ("settings", "received"), [({}, "0 files"), ({"files": [File("a"), File("b")]}, "2 files")]
)
def test_source_must_be_one_file(settings, received):
    message = refusal(Source, "own", **settings)
    assert message.startswith("source ")
    assert message.endswith(f"Received: {received}. Expected: one file, named by path or url.")


@pytest.mark.parametrize("delimiter", ["", ";;"])
def test_delimiter_must_be_one_character(delimiter):
    message = refusal(Source, "own", path="own.csv", delimiter=delimiter)
    assert message.startswith("source.delimiter ")
    assert message.endswith(f"Received: {delimiter!r}. Expected: one character.")
