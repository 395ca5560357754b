"""Which CSV files are accepted, what they become, and how each kind of broken file is refused."""

from pathlib import Path

import pytest

from pipeline.config.source import File, Source
from pipeline.data.formats import Contents, SourceFile, csv
from pipeline.errors import DataError
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
    contents = read(tmp_path, "a,b\n1,2\n3,4\n")
    assert (contents.columns, contents.rows) == (["a", "b"], {"data.csv": 2})


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


def test_blank_rows_are_left_out(tmp_path):
    content = read(tmp_path, "a,b\n\n1,2\n\n\n,\n3,4\n\n")
    assert content.rows == {"data.csv": 2}
    assert content.notes == [
        "left out: 3 blank lines between rows",
        "left out: 1 row without any value",
    ]


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
OTHER_DELIMITER = (
    "Set delimiter: {} in the source's settings. That gives 1 row of 2 columns: a and b; row 1 is "
)
ELSE = 'If that is wrong, set delimiter: ",".'
NO_QUOTES = (
    "Set quoting: false in the source's settings. That gives {}. "
    "If quotes enclose values, fix the line instead."
)
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
        "Set header: false in the source's settings. That gives 2 rows of 2 columns: c1 and c2; "
        "row 1 is '1 | 2'. If row 1 holds names, set header: true.",
    ),
    "repeated columns": (
        b"a,b,a,b\n1,2,3,4\n",
        "own.csv, line 1: several columns have the same name. Received: a is the name of columns "
        "1 and 3; b is the name of columns 2 and 4. Give all columns names with "
        "columns: [name, …] in the source's settings, or set header: false if this line is data.",
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
    "several wrong rows": (
        b"a,b,c\n1,2,3\n4,5\n1,2,3\n1,2,3\n6,7,8,9\n1,2,3\n",
        "own.csv, line 3: the row is too short. Received: 2 values. Expected: 3 values; c is the "
        "first column without one. 1 more row has a wrong number of values: line 6.",
    ),
    "semicolons": (
        b"a;b\n1,5;2\n",
        "own.csv, line 1: each row contains a semicolon. Received: 'a;b'. "
        + OTHER_DELIMITER.format('";"')
        + f"'1,5 | 2'. {ELSE}",
    ),
    "tabs": (
        b"a\tb\n1\t2\n",
        "own.csv, line 1: there is only one column, and it contains a tab. "
        r"Received: 'a\tb'. " + OTHER_DELIMITER.format(r'"\t"') + f"'1 | 2'. {ELSE}",
    ),
    "bars": (
        b"a|b\n1|2\n",
        "own.csv, line 1: there is only one column, and it contains a bar. "
        "Received: 'a|b'. " + OTHER_DELIMITER.format('"|"') + f"'1 | 2'. {ELSE}",
    ),
    "blanks": (
        b" a  b\n1   2\n",
        "own.csv, line 1: there is only one column, and blanks separate its values. "
        "Received: 'a b'. " + OTHER_DELIMITER.format("whitespace") + f"'1 | 2'. {ELSE}",
    ),
    "UTF-16 without a mark": (
        "a,b\n1,2\n".encode("utf-16-be"),
        r"own.csv is UTF-16 without a byte-order mark. Received: b'\x00a\x00,\x00b\x00\n'. "
        "Set encoding: utf-16-be in the source's settings. "
        "That gives 1 row of 2 columns: a and b; row 1 is '1 | 2'.",
    ),
    "Latin-1": (
        "a,b\n1,2\n1,café\n".encode("latin-1"),
        "own.csv, line 3: a byte is not UTF-8. Received: 0xe9. "
        "Set encoding: cp1252 in the source's settings. "
        "That gives 2 rows of 2 columns: a and b; row 2 is '1 | café'.",
    ),
    "one line of another encoding": (
        "a,b\n1,naïve\n".encode() + "1,café\n".encode("latin-1"),
        "own.csv, line 3: a byte is not UTF-8. Received: 0xe9. "
        "Save the file as UTF-8. If the other lines are right, fix this line.",
    ),
    "NUL byte": (
        b"a,b\n1,2\n1,\0\n",
        "own.csv, line 3: there is a NUL byte. If the file is text, save it as UTF-8; "
        "otherwise set format in the source's settings.",
    ),
    "open quote": (
        b'a,b\n1,2\n"3,4\n5,6\n',
        "own.csv, line 3: a quote is opened and never closed. "
        + NO_QUOTES.format("3 rows of 2 columns: a and b; row 1 is '1 | 2'"),
    ),
    "text after a quote": (
        b'a,b\n"x"y,2\n',
        "own.csv, line 2: text follows the closing quote of a value. "
        + NO_QUOTES.format("1 row of 2 columns: a and b; row 1 is '\"x\"y | 2'"),
    ),
    "text after a quote of an earlier line": (
        b'a,b\n"x,2\n"y",3,4\n',
        "own.csv, line 3: text follows the closing quote of a value in the row that begins "
        "on line 2. End the value there with ',', or write \"\" for a quote inside it. "
        "If quotes have no meaning in this file, set quoting: false.",
    ),
    "huge value": (
        b"a,b\n" + b"x" * 140_000 + b",2\n",
        "own.csv, line 2: a value is longer than 131,072 characters. "
        "Look for a quote that is not closed, or shorten the value. "
        "If quotes have no meaning in this file, set quoting: false.",
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
        f"own.csv cannot be read. Received: {reason}. Expected: a file."
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            ["x", "y"],
            "own.csv, line 1: columns in the source's settings does not fit. "
            "Received: 2 names for 3 columns. List one name for each of: 'c1', 'c2', 'c3'. "
            "To rename only some, write columns: {old: new}.",
        ),
        (
            ["x", "y", "x"],
            "own.csv, line 1: several columns have the same name. "
            "Received: x is the name of columns 1 and 3. Give all columns names with "
            "columns: [name, …] in the source's settings, or set header: false if this line is "
            "data.",
        ),
        (
            {"c1": "x", "d": "y", "e": "z"},
            "own.csv, line 1: columns in the source's settings renames what is not there. "
            "Received: d, e. Allowed: c1, c2, c3.",
        ),
    ],
)
def test_column_names_must_match_the_file(tmp_path, columns, message):
    assert refusal(read, tmp_path, "1,2,3\n", header=False, columns=columns) == message


@pytest.mark.parametrize(
    ("columns", "header"), [(["x", "y"], "x,y"), ({"b": "y"}, "a,y"), ({}, "a,b")]
)
def test_columns_rename_those_of_a_header(tmp_path, columns, header):
    assert rewritten(tmp_path, "a,b\n1,2\n", columns=columns) == f"{header}\n1,2\n"


def test_listed_names_do_not_hide_a_header(tmp_path):
    message = refusal(read, tmp_path, "1,2\n3,4\n", columns=["a", "b"])
    assert "Set header: false" in message


@pytest.mark.parametrize(
    ("settings", "received"), [({}, "no file"), ({"files": [File("a"), File("b")]}, "a, b")]
)
def test_source_must_be_one_file_or_a_pair(settings, received):
    assert refusal(Source, "own", **settings) == (
        f"source is invalid. Received: {received}. Expected: one file, named by path or url. "
        "For training and test rows in two files, set path and test_path, or list train.csv and "
        "test.csv under files."
    )


@pytest.mark.parametrize("delimiter", ["", ";;", "\n", '"'])
def test_delimiter_must_be_one_character(delimiter):
    message = refusal(Source, "own", path="own.csv", delimiter=delimiter)
    assert message == (
        f"source.delimiter is invalid. Received: {delimiter!r}. "
        "Expected: one character, or whitespace for runs of blanks and tabs."
    )


def test_rows_with_few_values_are_no_titles(tmp_path):
    rows = ["ham,hello,,,", "spam,win,,,"] * 3 + ["ham,one,two,three,"] * 2
    content = "\n".join(["label,text,,,", *rows, "ham,caf\xe9,,,"]).encode("cp1252")
    assert "Set encoding: cp1252 in the source's settings." in refusal(read, tmp_path, content)


def test_quotes_around_values_are_not_advised_away(tmp_path):
    content = b'a;b;c\n"""x"";""y"";""z"""\n"""u"";""v"";""w"""\n'
    assert "quoting: false" not in refusal(read, tmp_path, content)


def test_single_quotes_enclose_values(tmp_path):
    content = "id,text\n1,'a, b'\n2,'c, d'\n"
    assert rewritten(tmp_path, content, quoting="single") == 'id,text\n1,"a, b"\n2,"c, d"\n'
    assert "Set quoting: single in the source's settings." in refusal(read, tmp_path, content)


def test_backslash_stands_before_quotes(tmp_path):
    content = 'id,text\n1,"a \\"b, c\\""\n2,"d \\"e, f\\""\n'
    expected = 'id,text\n1,"a ""b, c"""\n2,"d ""e, f"""\n'
    assert rewritten(tmp_path, content, quoting="backslash") == expected
    assert "Set quoting: backslash in the source's settings." in refusal(read, tmp_path, content)


def test_quoting_is_a_truth_or_a_word():
    assert refusal(Source, "own", path="a.csv", quoting="'") == (
        "source.quoting is invalid. Received: '. Expected: true, false, single or backslash."
    )


def test_columns_by_position_are_recognised(tmp_path):
    content = "city        temp  n\nNew York    20.1   \nRome        18.5  3\nSt. Gallen  11.0  4\n"
    message = refusal(read, tmp_path, content)
    assert (
        "set fixed_width: true in the source's settings. That gives 3 rows of 3 columns" in message
    )
    assert rewritten(tmp_path, content, fixed_width=True).splitlines()[1] == "New York,20.1,"


def test_header_without_a_name_for_the_rows_is_refused(tmp_path):
    content = "temp,colour\n1,20.5,red\n2,18.5,blue\n3,11.5,red\n"
    settings = {"header": False, "skip_rows": 1, "columns": ["row", "temp", "colour"]}
    message = refusal(read, tmp_path, content)
    assert (
        "the header names 2 columns, and each row has 3 values. Received: 'temp,colour'. If the "
        "first value names the row, set header: false, skip_rows: 1 and columns: [row, temp, "
        "colour] in the source's settings; if a value contains the delimiter, such as a decimal "
        "comma, put it in quotes." in message
    )
    assert rewritten(tmp_path, content, **settings).startswith("row,temp,colour\n1,20.5,red\n")


def test_decimal_comma_is_no_name_of_a_row(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("id,temp\n1,20,5\n2,18,5\n3,11,0\n")
    with pytest.raises(DataError) as caught:
        csv.read(Source("own", path=str(path)), [SourceFile("own.csv", path, "own.csv")], tmp_path)
    assert caught.value.advised == {}


def test_semicolon_in_a_text_separates_no_columns(tmp_path):
    content = "text\nhello; you\nbye\n"
    assert rewritten(tmp_path, content) == content
