import csv
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.source import Source
from pipeline.data.formats import Contents, SourceFile, jsonl
from tests.support.refusals import refusal


def read(folder: Path, text: str, **settings: Any) -> Contents:
    path = folder / "own.jsonl"
    path.write_text(text, encoding="utf-8")
    source = Source("own", path=str(path), **settings)
    assert source.format == "jsonl"
    return jsonl.read(source, [SourceFile("own.jsonl", path, "own.jsonl")], folder)


def test_numbers_keep_their_digits(tmp_path):
    read(tmp_path, '{"a": 1.10, "b": 12345678901234567890}\n{"a": 1e-7, "b": -0}\n')
    assert (tmp_path / "data.csv").read_text() == "a,b\n1.10,12345678901234567890\n1e-7,-0\n"


def test_missing_keys_and_null_are_empty_cells(tmp_path):
    contents = read(tmp_path, '{"a": "x"}\n\n{"b": true, "a": null}\n')
    assert (tmp_path / "data.csv").read_text() == "a,b\nx,\n,true\n"
    assert contents.notes == ["some objects lack these keys, and the cells are empty: b"]


def test_list_becomes_a_cell(tmp_path):
    read(tmp_path, '{"a": ["x", "it\'s", "a, b"]}\n{"a": []}\n{"a": [1.50, true]}\n')
    lines = (tmp_path / "data.csv").read_text().splitlines()
    assert [row[0] for row in csv.reader(lines)] == [
        "a",
        '["x", "it\'s", "a, b"]',
        "[]",
        "[1.50, true]",
    ]


def test_columns_can_be_renamed(tmp_path):
    assert read(tmp_path, '{"a": 1, "b": 2}', columns={"b": "y"}).columns == ["a", "y"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "own.jsonl is empty. Expected: one object a line."),
        (
            '{"a": {"x": 1}, "b": 1}\n{"a": 1, "b": [[2]]}',
            "own.jsonl has objects or lists of objects as values. Received: a (line 1) and b "
            "(line 2). Write plain values, as pandas.json_normalize does.",
        ),
        (
            '[{"a": 1}]',
            "own.jsonl, line 1: this is not an object. Received: '[{\"a\": 1}]'. "
            'Write one object a line, such as {"rooms": 3}.',
        ),
        ('{"a": 1}\n{"a": 1', "own.jsonl, line 2: this is not JSON. Received: '{\"a\": 1'. "),
        ('{"a": 1, "a": 2}', "own.jsonl, line 1: this is not JSON. "),
        ("<html>", "own.jsonl is not JSON Lines. Received: a web page, such as a login page. "),
    ],
)
def test_broken_file_is_refused(tmp_path, text, message):
    assert refusal(read, tmp_path, text).startswith(message)
