"""The command `look` with files."""

from pathlib import Path

import pytest

from pipeline import look


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_plain_file_needs_no_settings(call, capsys):
    Path("a.csv").write_text("x,y\n1,2\n3,5\n")
    call(look, "a.csv", "--markdown")
    assert "the file is read with" not in capsys.readouterr().out


def test_settings_that_the_file_needs_are_guessed(call, capsys):
    text = "Station 12\nday;temp °C\n2024-01-01;1,5\n2024-01-02;2,5\n2024-01-04;2,7\n"
    Path("logger.csv").write_text(text, encoding="cp1252")
    call(look, "logger.csv", "--markdown")
    printed = capsys.readouterr().out
    assert "| temp °C | number | 1,5, 2,5, 2,7 |" in printed
    assert (
        '- the file is read with encoding: cp1252, delimiter: ";" and skip_rows: 1 in the '
        "source's settings. A guess, because of logger.csv, line 2: a byte is not UTF-8. That "
        "gives 3 rows of 2 columns: day and temp °C; row 1 is '2024-01-01 | 1,5'.\n"
    ) in printed


def test_first_line_with_the_target_is_a_header(call, capsys):
    Path("a.csv").write_text("1,2\n3,4\n5,6\n")
    call(look, "a.csv", "--markdown", "--target", "2")
    assert "Target: 2." in capsys.readouterr().out
