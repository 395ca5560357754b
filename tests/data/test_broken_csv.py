"""Every kind of broken data ends in one line that tells file, line, column and what to do; each text is held whole."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config.data import Task
from pipeline.data.preparing.preparation import prepare
from pipeline.data.tables import normalise
from pipeline.errors import PipelineError
from tests.support import ROOT
from tests.support.raw_sources import data_of, table, write_source

CLASSES = Task.classification
ROWS = [f"{i},{i % 7},{i % 2}" for i in range(20)]
EXPECT_BOTH = "Expected: a header and at least one row."
EXPECT_PARTS = "Expected: at least one row in each of train, validation and test."
DOUBLE = '"" for a quote inside a value'


def with_row(number: int, row: str) -> str:
    return table([*ROWS[:number], row, *ROWS[number + 1 :]])


STRUCTURE = {
    "empty": (b"", f"own.csv is empty. {EXPECT_BOTH}"),
    "blank lines alone": (b"\n\n", f"own.csv is empty. {EXPECT_BOTH}"),
    "header only": (
        b"a,b\n",
        "own.csv has a header and no rows. Received: 1 line. Expected: at least one row.",
    ),
    "no header": (
        b"1,2\n3,4\n",
        "own.csv, line 1: the header holds numbers alone. Received: '1,2'. Without one, set header: false.",
    ),
    "duplicated column": (
        b"a,b,a\n1,2,3\n",
        "own.csv, line 1: the column name a is repeated. Received: columns 1, 3. Expected: a name of its own for each column.",
    ),
    "unnamed column": (
        b"a,\n1,2\n",
        "own.csv, line 1: column 2 has no name. Expected: a name for each column.",
    ),
    "short row": (
        b"a,b,c\n1,2,3\n1\n",
        "own.csv, line 3: the row is short. Received: 1 value. Expected: 3 values; b is the first column without one.",
    ),
    "long row": (
        b"a,b\n1,2\n1,234,5\n",
        "own.csv, line 3: the row is long. Received: 3 values, the first too many '5'. "
        "Expected: 2 values; put a value that holds the delimiter in quotes.",
    ),
    "blank line": (
        b"a,b\n1,2\n\n3,4\n",
        "own.csv, line 3: the line is blank. Expected: blank lines at the end alone.",
    ),
    "semicolons": (
        b"a;b\n1,5;2\n",
        "own.csv, line 1: there is one column, and a semicolon in it. Received: 'a;b'. "
        'If it parts the columns, set delimiter: ";".',
    ),
    "tabs": (
        b"a\tb\n1\t2\n",
        r"own.csv, line 1: there is one column, and a tab in it. Received: 'a\tb'. "
        r'If it parts the columns, set delimiter: "\t".',
    ),
    "bars": (
        b"a|b\n1|2\n",
        "own.csv, line 1: there is one column, and a bar in it. Received: 'a|b'. "
        'If it parts the columns, set delimiter: "|".',
    ),
    "UTF-16": (
        "a,b\n1,2\n".encode("utf-16"),
        "own.csv is not CSV in UTF-8. Received: UTF-16 text. Expected: UTF-8; save the file in that encoding.",
    ),
    "UTF-16 without a mark": (
        "a,b\n1,2\n".encode("utf-16-be"),
        "own.csv is not CSV in UTF-8. Received: UTF-16 text. Expected: UTF-8; save the file in that encoding.",
    ),
    "Latin-1": (
        "a,b\n1,2\n1,café\n".encode("latin-1"),
        "own.csv, line 3: a byte is not UTF-8. Received: 0xe9. Save the file as UTF-8.",
    ),
    "NUL byte": (
        b"a,b\n1,2\n1,\0\n",
        "own.csv, line 3: there is a NUL byte. Expected: text in UTF-8.",
    ),
    "unclosed quote": (
        b'a,b\n1,2\n"3,4\n5,6\n',
        "own.csv, line 3: a quote is opened and never closed. "
        'Expected: a second " at the end of the value, or "" for a quote inside it.',
    ),
    "text after a quote": (
        b'a,b\n"x"y,2\n',
        "own.csv, line 2: text follows the closing quote of a value. "
        f"Expected: ',' or the end of the line after the quote, and {DOUBLE}.",
    ),
    "text after a quote of an earlier line": (
        b'a,b\n"x,2\n"y",3\n',
        "own.csv, line 3: text follows the closing quote of a value that was opened in the row of line 2. "
        f"Expected: ',' or the end of the line after the quote, and {DOUBLE}.",
    ),
    "huge value": (
        b"a,b\n" + b"x" * 140_000 + b",2\n",
        "own.csv, line 2: a value is longer than 131,072 characters. "
        "Expected: shorter values; a quote that is not closed also reads so.",
    ),
    "gzip": (
        gzip.compress(b"a,b\n1,2\n"),
        "own.csv is not CSV in UTF-8. Received: a gzip archive. Expected: the CSV itself.",
    ),
    "spreadsheet": (
        b"PK\x03\x04\x14\x00",
        "own.csv is not CSV in UTF-8. Received: a zip archive or a spreadsheet. Expected: the CSV itself.",
    ),
}


@pytest.mark.parametrize(("content", "line"), STRUCTURE.values(), ids=STRUCTURE)
def test_broken_structure(tmp_path, content, line):
    (tmp_path / "own.csv").write_bytes(content)
    with pytest.raises(PipelineError) as refusal:
        normalise(tmp_path / "own.csv", tmp_path / "train.csv", shown_as="own.csv")
    assert str(refusal.value) == line
    assert not (tmp_path / "train.csv").exists()


def test_a_folder_is_no_csv(tmp_path):
    with pytest.raises(PipelineError) as refusal:
        normalise(tmp_path, tmp_path / "train.csv", shown_as="own.csv")
    assert (
        str(refusal.value)
        == "own.csv cannot be read. Received: Is a directory. Expected: a CSV file."
    )


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(PipelineError) as refusal:
        normalise(tmp_path / "own.csv", tmp_path / "train.csv", shown_as="own.csv")
    assert (
        str(refusal.value)
        == "own.csv cannot be read. Received: No such file or directory. Expected: a CSV file."
    )


def test_names_that_do_not_fit_a_file_without_a_header(tmp_path):
    (tmp_path / "own.csv").write_text("1,2,3\n")
    with pytest.raises(PipelineError) as refusal:
        normalise(
            tmp_path / "own.csv",
            tmp_path / "train.csv",
            shown_as="own.csv",
            header=False,
            columns=["x", "y"],
        )
    assert str(refusal.value) == (
        "own.csv, line 1: the row is long. Received: 3 values, the first too many '3'. "
        "Expected: 2 values; put a value that holds the delimiter in quotes."
    )


VALUES = {
    "target not there": (
        table(ROWS),
        {"target": "yy"},
        "data.target names a column that raw/own/data.csv does not have. Received: yy. Did you mean y? Allowed: a, b, y.",
    ),
    "dropped column not there": (
        table(ROWS),
        {"drop": ["aa"]},
        "data.drop names a column that raw/own/data.csv does not have. Received: aa. Did you mean a? Allowed: a, b, y.",
    ),
    "feature not there": (
        table(ROWS),
        {"features": ["price"]},
        "data.features names a column that raw/own/data.csv does not have. Received: price. Allowed: a, b, y.",
    ),
    "ratio of a column not there": (
        table(ROWS),
        {"ratios": {"share": ["a", "total"]}},
        "data.ratios.share names a column that raw/own/data.csv does not have. Received: total. Allowed: a, b, y.",
    ),
    "ratio named like a column": (
        table(ROWS),
        {"ratios": {"a": ["a", "b"]}},
        "data.ratios.a has the name of a column. Received: a. Expected: a name of its own.",
    ),
    "no feature left": (
        table(ROWS),
        {"drop": ["a", "b"]},
        "data.drop leaves no feature. Received: a, b. Expected: one column at least.",
    ),
    "text among numbers": (
        with_row(5, "5,five,1"),
        {},
        "raw/own/data.csv, line 7, column b: the value is not a number. Received: 'five'. "
        "If the column holds categories, list b under data.categorical.",
    ),
    "thousands separator": (
        with_row(5, '"1,234",5,1'),
        {},
        "raw/own/data.csv, line 7, column a: the value is not a number. Received: '1,234'. "
        "Expected: a decimal point and no commas, such as 1234.5.",
    ),
    "decimal comma": (
        table([f'"{i},5",1,2' for i in range(20)]),
        {},
        "raw/own/data.csv, line 2, column a: the value is not a number. Received: '0,5'. "
        "Expected: a decimal point and no commas, such as 1234.5.",
    ),
    "infinite": (
        with_row(0, "-inf,5,1"),
        {},
        "raw/own/data.csv, line 2, column a: the value is infinite. Received: '-inf'. Expected: a finite number.",
    ),
    "too large": (
        with_row(19, "1e999,5,1"),
        {},
        "raw/own/data.csv, line 21, column a: the value is infinite. Received: '1e999'. Expected: a finite number.",
    ),
    "categories declared as numbers": (
        table([f"{i},x,{i}" for i in range(20)]),
        {"numeric": ["b"]},
        "raw/own/data.csv, line 2, column b: the value is not a number. Received: 'x'. "
        "If the column holds categories, list b under data.categorical.",
    ),
    "column without values": (
        table([f"{i},NA,{i}" for i in range(20)]),
        {},
        "raw/own/data.csv, column b: there is no value in any training row. List b under data.drop.",
    ),
    "column of names": (
        table([f"{i},name {i},{i}" for i in range(101)]),
        {},
        "raw/own/data.csv, column b: there are too many categories to be taken for granted. "
        "Received: 101 different values, the first 'name 0'. "
        "List b under data.drop, or under data.categorical if they are meant.",
    ),
    "target missing": (
        with_row(7, "1,2,NA"),
        {},
        "raw/own/data.csv, line 9, column y: the target is missing. Received: 'NA'. Expected: a value in every row.",
    ),
    "target infinite": (
        with_row(7, "1,2,inf"),
        {},
        "raw/own/data.csv, line 9, column y: the value is infinite. Received: 'inf'. Expected: a finite number.",
    ),
    "regression of text": (
        with_row(7, "1,2,dear"),
        {},
        "raw/own/data.csv, line 9, column y: the value is not a number. Received: 'dear'. "
        "If the target is a class, set data.task: classification.",
    ),
    "one class": (
        table([f"{i},2,yes" for i in range(20)]),
        {"task": CLASSES},
        "raw/own/data.csv, column y: there is one class only. Received: 'yes'. Expected: at least two.",
    ),
    "rare class": (
        table([f"{i},2,{'yes' if i else 'no'}" for i in range(20)]),
        {"task": CLASSES},
        "data.split.method cannot be stratified: class no has too few rows. Received: 1 row. "
        "Expected: at least 3 of each class, or data.split.method: random.",
    ),
    "fractions as classes": (
        table([f"{i},2,{i / 4}" for i in range(20)]),
        {"task": CLASSES},
        "raw/own/data.csv, column y: the labels look like a quantity. Received: '0.25' among 20 different numbers. "
        "If it is one, set data.task: regression.",
    ),
    "too many numbers as classes": (
        table([f"{i},2,{i}" for i in range(101)]),
        {"task": CLASSES},
        "raw/own/data.csv, column y: the labels look like a quantity. Received: 101 different numbers. "
        "If it is one, set data.task: regression.",
    ),
    "positive label not there": (
        table([f"{i},2,{'yes' if i % 2 else 'no'}" for i in range(20)]),
        {"task": CLASSES, "positive": "yess"},
        "data.positive is not one of the labels. Received: yess. Did you mean yes? Allowed: no, yes.",
    ),
    "one row": (
        table(ROWS[:1]),
        {},
        f"data.split.test leaves a part without rows. Received: 0.2 of 1 row. {EXPECT_PARTS}",
    ),
    "all rows for the test": (
        table(ROWS),
        {"split": {"test": 20.0}},
        f"data.split.test leaves a part without rows. Received: 20 of 20 rows. {EXPECT_PARTS}",
    ),
    "no rows to train": (
        table(ROWS),
        {"split": {"test": 10.0, "validation": 10.0}},
        f"data.split.validation leaves a part without rows. Received: 10 of 10 rows. {EXPECT_PARTS}",
    ),
    "more rows than there are": (
        table(ROWS),
        {"rows": 21},
        "data.rows is more than there are. Received: 21. Expected: at most 20.",
    ),
}


def refusal_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> str:
    """What `prepare` says of tmp_path/raw/own; nothing may be left under data/prepared."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError) as refusal:
        prepare(data_of(**settings), raw_root=Path("raw"), root=Path("prepared"))  # type: ignore[arg-type]
    assert not list(tmp_path.glob("prepared/**/*"))
    return str(refusal.value)


@pytest.mark.parametrize(("content", "settings", "line"), VALUES.values(), ids=VALUES)
def test_broken_values(tmp_path, monkeypatch, content, settings, line):
    write_source(tmp_path / "raw/own", train=content)
    assert refusal_of(tmp_path, monkeypatch, **settings) == line


def test_a_missing_source_tells_how_to_make_it(tmp_path, monkeypatch):
    assert refusal_of(tmp_path, monkeypatch) == (
        "raw/own/provenance.json is missing. Make it with: python -m pipeline.fetch source=own."
    )


def test_a_missing_file_of_a_source_tells_how_to_make_it(tmp_path, monkeypatch):
    (write_source(tmp_path / "raw/own", train=table(ROWS)) / "data.csv").unlink()
    assert refusal_of(tmp_path, monkeypatch) == (
        "raw/own/data.csv is missing. Make it with: python -m pipeline.fetch source=own."
    )


def test_changed_bytes_are_refused(tmp_path, monkeypatch):
    (write_source(tmp_path / "raw/own", train="a,y\n1,2\n3,4\n") / "data.csv").write_bytes(
        b"a,y\n1,2\n3,5\n"
    )
    assert refusal_of(tmp_path, monkeypatch) == (
        "raw/own/data.csv is not the file that fetch wrote. Received: sha256 81253cee8b52…. "
        "Expected: sha256 caaa92249a6f…; make it anew with: python -m pipeline.fetch source=own."
    )


def test_a_test_part_with_other_columns_is_refused(tmp_path, monkeypatch):
    write_source(tmp_path / "raw/own", train=table(ROWS), test=table(ROWS, header="a,c,y"))
    assert refusal_of(tmp_path, monkeypatch) == (
        "raw/own/test.csv, line 1: column 2 is not that of the source. Received: c. Expected: b."
    )


def test_a_test_part_beside_the_sources_own_is_refused(tmp_path, monkeypatch):
    write_source(tmp_path / "raw/own", train=table(ROWS), test=table(ROWS))
    assert refusal_of(tmp_path, monkeypatch, split={"test": 0.25}) == (
        "data.split.test is given, and the source has its own test part. Received: 0.25. "
        "Leave it out: test rows are never pooled with training rows."
    )


def test_a_bad_value_of_the_test_part_names_its_own_line(tmp_path, monkeypatch):
    write_source(tmp_path / "raw/own", train=table(ROWS), test=table(["1,2,3", "1,two,3"]))
    assert refusal_of(tmp_path, monkeypatch) == (
        "raw/own/test.csv, line 3, column b: the value is not a number. Received: 'two'. "
        "If the column holds categories, list b under data.categorical."
    )


def test_the_target_cannot_be_part_of_a_ratio():
    with pytest.raises(PipelineError) as refusal:
        data_of(ratios={"share": ["a", "y"]})
    assert str(refusal.value) == (
        "data.ratios.share is not possible. Received: ['a', 'y']. Expected: [numerator, denominator], none of them the target."
    )


def prepare_digits(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the command in a folder that has its own data and the project's settings."""
    (folder / "conf").symlink_to(ROOT / "conf")
    return subprocess.run(
        [sys.executable, "-m", "pipeline.prepare", "data=digits"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            "a,label\n1,2\n1\n",
            "data/raw/digits/data.csv, line 3: the row is short. Received: 1 value.",
        ),
        (
            "a,label\n1,0\n2,1\n",
            "data.split.method cannot be stratified: class 0 has too few rows. Received: 1 row.",
        ),
        (
            "a,y\n1,2\n",
            "data.target names a column that data/raw/digits/data.csv does not have. Received: label.",
        ),
    ],
)
def test_the_command_ends_with_one_line_and_exit_code_1(tmp_path, content, line):
    write_source(tmp_path / "data/raw/digits", train=content)
    ended = prepare_digits(tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"error: {line}")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "data/prepared/digits").exists()


def test_the_command_says_where_the_result_lies(tmp_path):
    write_source(
        tmp_path / "data/raw/digits", train=table([f"{i},{i % 2}" for i in range(20)], "a,label")
    )
    ended = prepare_digits(tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert (
        ended.stderr == "data/prepared/digits: 13 train, 3 validation, 4 test rows of shape (1,)\n"
    )


def test_preparing_loads_no_tensorflow():
    code = "import sys, pipeline.prepare; print({'tensorflow', 'keras', 'mlflow', 'sklearn', 'pandas'} & set(sys.modules))"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "set()\n"


def test_columns_that_the_saved_model_cannot_tell_apart_are_refused(tmp_path, monkeypatch):
    write_source(tmp_path / "raw/own", train=table(ROWS, header="a/b,a_b,y"))
    assert refusal_of(tmp_path, monkeypatch) == (
        "data.features holds two columns that the saved model cannot tell apart. Received: a/b and a_b. "
        "Rename one of them in the CSV, or drop it."
    )
