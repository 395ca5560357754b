import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.config.source import Source
from pipeline.data.formats import Contents, SourceFile, xlsx
from tests.support.refusals import refusal

DAY = dt.datetime(2021, 3, 1)
MOMENT = dt.datetime(2021, 3, 1, 12, 30)


def read(folder: Path, sheets: dict[str, list[list[Any]]], **settings: Any) -> Contents:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "own.xlsx"
    book.save(path)
    return read_file(path, **settings)


def read_file(path: Path, **settings: Any) -> Contents:
    source = Source("own", path=str(path), **settings)
    assert source.format == "xlsx"
    return xlsx.read(source, [SourceFile(path.name, path, path.name)], path.parent)


def rewritten(folder: Path, rows: list[list[Any]], **settings: Any) -> list[str]:
    read(folder, {"One": rows}, **settings)
    return (folder / "data.csv").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1, 2.0, 0.5], ["1", "2", "0.5"]),
        ([1 / 3, 2**40, None], ["0.3333333333333333", "1099511627776", ""]),
        (["01", "x,y", True], ["01", '"x,y"', "true"]),
        ([DAY, dt.date(2021, 3, 2), None], ["2021-03-01", "2021-03-02", ""]),
        ([DAY, MOMENT, None], ["2021-03-01T00:00:00", "2021-03-01T12:30:00", ""]),
        (["#N/A", 1, 2], ["#N/A", "1", "2"]),
    ],
)
def test_values_become_text(tmp_path, values, texts):
    rows = [["a", "b"], *([value, 1] for value in values)]
    assert rewritten(tmp_path, rows)[1:] == [f"{text},1" for text in texts]


def test_empty_rows_and_columns_are_left_out(tmp_path):
    rows = [[], [None, "a", None, "b"], [None, 1, None, 2], [], [None, 3, None, 4]]
    contents = read(tmp_path, {"One": rows})
    assert (contents.columns, contents.rows) == (["a", "b"], {"data.csv": 2})
    assert contents.notes == ["left out without name and values: columns 1 and 3"]


def test_title_names_the_rows_to_skip(tmp_path):
    rows = [["Report"], [], ["a", "b", "c"], [1, 2, 3], ["Total", 2, 3]]
    assert refusal(rewritten, tmp_path, rows) == (
        "own.xlsx, sheet One, row 1: the header names 1 of 3 columns. Received: 'Report,,'. "
        "If it is a title, set skip_rows: 2 in the source's settings; "
        "if these are names, set header: true."
    )
    assert rewritten(tmp_path, rows, skip_rows=2, skip_footer=1) == ["a,b,c", "1,2,3"]


def test_only_sheet_with_rows_is_read(tmp_path):
    assert read(tmp_path, {"One": [], "Two": [["a"], [1]]}).columns == ["a"]


def test_sheet_must_be_named_if_there_are_several(tmp_path):
    sheets: dict[str, list[list[Any]]] = {"One": [["a"], [1]], "Two": [["b"], [2]]}
    assert refusal(read, tmp_path, sheets) == (
        "own.xlsx has 2 sheets. Received: One and Two. "
        "Set sheet in the source's settings to the name of one of them."
    )
    assert read(tmp_path, sheets, sheet="Two").columns == ["b"]
    assert refusal(read, tmp_path, sheets, sheet="two") == (
        "own.xlsx has no sheet of this name. Received: two. Did you mean Two? Allowed: One, Two."
    )


def test_formula_without_a_value_is_refused(tmp_path):
    assert refusal(rewritten, tmp_path, [["a", "b"], [1, "=A2+1"]]) == (
        "own.xlsx, sheet One: 1 formula without a value. Received: B2. "
        "Open the file in Excel or LibreOffice and save it."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\3\4" + b"\0" * 90, "own.xlsx is damaged. Received: File is not a zip file."),
        (b"\xd0\xcf\x11\xe0", "own.xlsx is not a spreadsheet (.xlsx). Received: an old Excel file"),
        (b"a,b\n", "own.xlsx is not a spreadsheet (.xlsx). Received: a file that begins with "),
    ],
)
def test_useless_file_is_refused(tmp_path, content, message):
    (tmp_path / "own.xlsx").write_bytes(content)
    assert refusal(read_file, tmp_path / "own.xlsx").startswith(message)


def test_empty_spreadsheet_is_refused(tmp_path):
    assert refusal(read, tmp_path, {"One": []}) == (
        "own.xlsx is empty. Expected: a sheet with rows."
    )
