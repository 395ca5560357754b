"""What `normalise` and `read` accept; what they refuse is in test_broken_csv."""

from pathlib import Path

import pytest

from pipeline.data.tables import is_number, normalise, read


def normalised(tmp_path: Path, content: str | bytes, **how: object) -> str:
    source, target = tmp_path / "own.csv", tmp_path / "train.csv"
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    normalise(source, target, shown_as="own.csv", **how)  # type: ignore[arg-type]
    return target.read_text(encoding="utf-8")


def test_columns_and_rows_are_returned(tmp_path):
    (tmp_path / "own.csv").write_text("a,b\n1,2\n3,4\n")
    assert normalise(tmp_path / "own.csv", tmp_path / "train.csv", shown_as="own.csv") == (
        ["a", "b"],
        2,
    )


def test_a_plain_file_stays_as_it_is(tmp_path):
    assert normalised(tmp_path, "a,b\n1,2\n") == "a,b\n1,2\n"


def test_line_ends_of_windows_are_accepted(tmp_path):
    assert normalised(tmp_path, "a,b\r\n1,2\r\n") == "a,b\n1,2\n"


def test_carriage_returns_alone_are_accepted(tmp_path):
    assert normalised(tmp_path, "a,b\r1,2\r") == "a,b\n1,2\n"


def test_a_missing_final_newline_is_accepted(tmp_path):
    assert normalised(tmp_path, "a,b\n1,2") == "a,b\n1,2\n"


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert normalised(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n") == "a,b\n1,2\n"


def test_blank_lines_at_the_end_are_accepted(tmp_path):
    assert normalised(tmp_path, "a,b\n1,2\n\n\r\n") == "a,b\n1,2\n"


def test_quoted_commas_quotes_and_newlines_are_kept(tmp_path):
    content = 'a,b\n"x, ""y""","two\nlines"\n'
    assert normalised(tmp_path, content) == content


def test_letters_beyond_ascii_are_kept(tmp_path):
    assert normalised(tmp_path, "naïve,β\n1,日本\n") == "naïve,β\n1,日本\n"


def test_spaces_after_a_delimiter_are_left_out(tmp_path):
    assert normalised(tmp_path, 'a, b\n1, "x, y"\n') == 'a,b\n1,"x, y"\n'


def test_a_value_of_one_column_may_be_missing(tmp_path):
    assert normalised(tmp_path, 'a\n1\n""\n') == 'a\n1\n""\n'


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " "])
def test_another_delimiter_becomes_a_comma(tmp_path, delimiter):
    assert (
        normalised(tmp_path, f"a{delimiter}b\n1{delimiter}2\n", delimiter=delimiter) == "a,b\n1,2\n"
    )


def test_a_decimal_comma_is_quoted_where_semicolons_part_the_columns(tmp_path):
    assert normalised(tmp_path, "a;b\n1,5;2\n", delimiter=";") == 'a,b\n"1,5",2\n'


def test_without_a_header_columns_are_numbered(tmp_path):
    assert normalised(tmp_path, "1,2\n3,4\n", header=False) == "c1,c2\n1,2\n3,4\n"


def test_without_a_header_columns_take_the_given_names(tmp_path):
    assert normalised(tmp_path, "1,2\n", header=False, columns=["x", "y"]) == "x,y\n1,2\n"


def test_a_refused_file_leaves_nothing(tmp_path):
    with pytest.raises(Exception, match="short"):
        normalised(tmp_path, "a,b\n1,2\n3\n")
    assert [path.name for path in tmp_path.iterdir()] == ["own.csv"]


def test_values_stay_text(tmp_path):
    (tmp_path / "train.csv").write_text("a,b\n007,NA\n1e3,\n")
    assert read(tmp_path / "train.csv").columns == {"a": ["007", "1e3"], "b": ["NA", ""]}


def test_lines_are_counted_through_quoted_newlines(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text('a,b\n"x\ny",1\nz,2\n')
    assert read(path).origins == [(path, 2), (path, 4)]


@pytest.mark.parametrize("text", ["0", "-1.5", "+.5", "3.", "1e-5", "2E+10", " 7 "])
def test_numbers(text):
    assert is_number(text)


@pytest.mark.parametrize("text", ["", ".", "1,5", "1_000", "0x10", "inf", "nan", "1e", "٣", "1 2"])
def test_what_is_no_number(text):
    assert not is_number(text)
