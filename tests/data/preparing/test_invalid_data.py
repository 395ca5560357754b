"""Invalid tables and settings end in one line that names the file, line and column."""

from pathlib import Path

import pytest

from pipeline.config.data import Task
from pipeline.data.preparing.preparation import prepare
from tests.support.raw_sources import data_of, table, write_source
from tests.support.refusals import refusal

CSV = "raw/own/data.csv"
ROWS = [f"{i},{i % 7},{i % 2}" for i in range(20)]
CLASSES = {"task": Task.classification}
EXPECT_ROWS = "Expected: at least one row in each of train, validation and test."
FINITE = "Expected: a finite number."
SET_REGRESSION = (
    "If they are a quantity, set data.task: regression; if they are classes, data.categorical: [y]."
)


def with_row(number: int, row: str) -> str:
    return table([*ROWS[:number], row, *ROWS[number + 1 :]])


def error_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> str:
    """The error of preparing `raw/own`. No file may be left."""
    monkeypatch.chdir(tmp_path)
    message = refusal(prepare, data_of(**settings), raw_root=Path("raw"), root=Path("prepared"))  # type: ignore[arg-type]
    assert not list(tmp_path.glob("prepared/**/*"))
    return message


SETTINGS = {
    "unknown target": (
        table(ROWS),
        {"target": "yy"},
        f"data.target names a column that {CSV} does not have. Received: yy. "
        "Did you mean y? Allowed: a, b, y.",
    ),
    "unknown dropped column": (
        table(ROWS),
        {"drop": ["aa"]},
        f"data.drop names a column that {CSV} does not have. Received: aa. "
        "Did you mean a? Allowed: a, b, y.",
    ),
    "unknown feature": (
        table(ROWS),
        {"features": ["price"]},
        f"data.features names a column that {CSV} does not have. Received: price. "
        "Allowed: a, b, y.",
    ),
    "ratio of an unknown column": (
        table(ROWS),
        {"ratios": {"share": ["a", "total"]}},
        f"data.ratios.share names a column that {CSV} does not have. Received: total. "
        "Allowed: a, b, y.",
    ),
    "ratio with the name of a column": (
        table(ROWS),
        {"ratios": {"a": ["a", "b"]}},
        "data.ratios.a has the name of a column. Received: a. Choose another name.",
    ),
    "no feature left": (
        table(ROWS),
        {"drop": ["a", "b"]},
        "data.drop leaves no feature. Expected: at least one column left.",
    ),
    "two columns with one input name": (
        table([f"{i * i},{i % 7},{i}" for i in range(20)], header="a/b,a_b,y"),
        {},
        "data.features has two columns that would both be the input a_b of the model. "
        "Received: a/b and a_b. Rename one of them in the CSV, or list it under data.drop.",
    ),
    "unknown positive label": (
        table([f"{i},{i % 7},{'yes' if i % 2 else 'no'}" for i in range(20)]),
        {**CLASSES, "positive": "yess"},
        "data.positive is not one of the labels. Received: yess. "
        "Did you mean yes? Allowed: no, yes.",
    ),
    "one row": (
        table(ROWS[:1]),
        {"numeric": ["a"]},
        f"data.split.test leaves a split without rows. Received: 0.2 of 1 row. {EXPECT_ROWS}",
    ),
    "all rows for testing": (
        table(ROWS),
        {"split": {"test": 20.0}},
        f"data.split.test leaves a split without rows. Received: 20 of 20 rows. {EXPECT_ROWS}",
    ),
    "no rows for training": (
        table(ROWS),
        {"split": {"test": 10.0, "validation": 10.0}},
        "data.split.validation leaves a split without rows. "
        f"Received: 10 of 10 rows. {EXPECT_ROWS}",
    ),
    "more rows than the source has": (
        table(ROWS),
        {"rows": 21},
        f"data.rows is more than the rows of {CSV}. Received: 21. Expected: at most 20.",
    ),
}
VALUES = {
    "text among numbers": (
        with_row(5, "5,five,1"),
        {},
        f"{CSV}: 1 column in doubt. b: it holds numbers, but 1 of 20 values are not: "
        "'five'. If they mean missing, set data.na_values: {b: ['five']}; if the column holds "
        "categories, data.categorical: [b].",
    ),
    "infinite": (
        with_row(0, "-inf,5,1"),
        {"numeric": ["a"]},
        f"{CSV}, line 2, column a: the value is infinite. Received: '-inf'. {FINITE}",
    ),
    "too large": (
        with_row(19, "1e999,5,1"),
        {"numeric": ["a"]},
        f"{CSV}, line 21, column a: the value is infinite. Received: '1e999'. {FINITE}",
    ),
    "categories listed as numbers": (
        table([f"{i},x,{i}" for i in range(20)]),
        {"numeric": ["b"]},
        f"{CSV}, line 2, column b: the value is not a number. Received: 'x'. "
        "Expected: a number, or an empty cell for a missing value.",
    ),
    "all columns left out": (
        table([f"{i},NA,{i}" for i in range(20)]),
        {},
        "data.features has no column, because all are left out. Received: a: it counts the rows; "
        "b: it has no value. List those to learn from under data.numeric or data.categorical.",
    ),
    "missing target": (
        with_row(7, "1,2,NA"),
        {},
        f"{CSV}: 1 column in doubt. y: the target is missing in 1 of 20 rows ('NA'). "
        "To leave these rows out, set data.drop_missing_target: true.",
    ),
    "regression of text": (
        with_row(7, "1,2,dear"),
        {},
        f"{CSV}: 1 column in doubt. y: it holds numbers, but 1 of 20 values are not: "
        "'dear'. If they mean missing, set data.na_values: {y: ['dear']}; if the column holds "
        "categories, data.categorical: [y].",
    ),
    "regression of classes": (
        table([f"{i},{i % 7},{'yes' if i % 2 else 'no'}" for i in range(20)]),
        {},
        f"{CSV}: 1 column in doubt. y: its values are not numbers, such as 'yes'. "
        "Choose another target, or set data.task: classification.",
    ),
    "one class": (
        table([f"{i},{i % 7},yes" for i in range(20)]),
        CLASSES,
        f"{CSV}, column y: there is only one class. Received: 'yes'. "
        "Expected: at least two classes.",
    ),
    "rare class": (
        table([f"{i},{i % 7},{'yes' if i else 'no'}" for i in range(20)]),
        CLASSES,
        "data.split.method stratified needs more rows of class no. Received: 1 row. "
        "Expected: at least 3; or set data.split.method: random.",
    ),
    "fractions as classes": (
        table([f"{i},{i % 7},{i / 4}" for i in range(20)]),
        CLASSES,
        f"{CSV}: 1 column in doubt. y: the labels look like a quantity: '0.25' among 20 "
        f"different numbers. {SET_REGRESSION}",
    ),
    "too many numbers as classes": (
        table([f"{i},{i % 7},{i}" for i in range(101)]),
        CLASSES,
        f"{CSV}: 1 column in doubt. y: the labels look like a quantity: 101 different numbers. "
        f"{SET_REGRESSION}",
    ),
}


@pytest.mark.parametrize(("content", "settings", "message"), SETTINGS.values(), ids=SETTINGS)
def test_invalid_setting_is_refused(tmp_path, monkeypatch, content, settings, message):
    write_source(tmp_path / "raw/own", train=content)
    assert error_of(tmp_path, monkeypatch, **settings) == message


@pytest.mark.parametrize(("content", "settings", "message"), VALUES.values(), ids=VALUES)
def test_invalid_value_is_refused(tmp_path, monkeypatch, content, settings, message):
    write_source(tmp_path / "raw/own", train=content)
    assert error_of(tmp_path, monkeypatch, **settings) == message


def test_test_split_must_have_the_same_columns(tmp_path, monkeypatch):
    write_source(tmp_path / "raw/own", train=table(ROWS), test=table(ROWS, header="a,c,y"))
    assert error_of(tmp_path, monkeypatch) == (
        "raw/own/test.csv, line 1: column 2 differs from that of the source. "
        "Received: c. Expected: b."
    )


def test_value_of_test_split_is_located(tmp_path, monkeypatch):
    write_source(tmp_path / "raw/own", train=table(ROWS), test=table(["1,2,3", "1,two,3"]))
    assert error_of(tmp_path, monkeypatch, numeric=["b"]) == (
        "raw/own/test.csv, line 3, column b: the value is not a number. Received: 'two'. "
        "Expected: a number, or an empty cell for a missing value."
    )


def test_second_test_split_is_refused(tmp_path, monkeypatch):
    write_source(tmp_path / "raw/own", train=table(ROWS), test=table(ROWS))
    assert error_of(tmp_path, monkeypatch, split={"test": 0.25}) == (
        "data.split.test is set, but the source has its own test split. Received: 0.25. "
        "Remove the setting."
    )
