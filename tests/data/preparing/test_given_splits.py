"""The splits that a column gives."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.data.preparing.given_splits import given_splits
from pipeline.data.preparing.preparation import prepare
from pipeline.data.tables import TextTable
from tests.support.raw_sources import data_of, table, write_source
from tests.support.refusals import refusal


def column(*cells: str) -> TextTable:
    return TextTable({"part": list(cells)}, [(Path("a.csv"), row + 2) for row in range(len(cells))])


@pytest.mark.parametrize(
    "cells",
    [
        ("train", "val", "test"),
        ("Training", "PublicTest", "PrivateTest"),
        (" TRAIN", "Validation ", "testing"),
        ("train", "dev", "Test"),
    ],
)
def test_usual_names_need_no_setting(cells):
    assert given_splits(column(*cells), "part", None).tolist() == [0, 1, 2]


def test_levels_can_be_said():
    levels = {"a": "test", "b": "train", "c": "train"}
    assert given_splits(column("a", "b", "c", "a"), "part", levels).tolist() == [2, 0, 0, 2]


def test_unknown_levels_are_named_with_the_setting():
    assert refusal(given_splits, column("train", "x", "y"), "part", None) == (
        "data.split.levels does not say the split of each level of part. Received: 'x', 'y'. "
        'Set levels: {"train": train, "x": <split>, "y": <split>}, with train, validation or test '
        "for each."
    )


def test_row_without_a_split_is_refused():
    assert refusal(given_splits, column("train", " "), "part", None) == (
        "a.csv, line 3, column part: the split is missing. Received: ''. "
        "Expected: a value in every row, because data.split.column names the column."
    )


def test_table_is_split_by_its_column(tmp_path):
    names = ["train", "test", "train", "val"]
    rows = [f"{row * row},{names[row % 4]},{row}" for row in range(40)]
    write_source(tmp_path / "raw/own", train=table(rows, "a,part,y"))
    data = data_of(split={"column": "part"})
    meta = prepare(data, raw_root=tmp_path / "raw", root=tmp_path)
    assert meta.rows == {"train": 20, "validation": 10, "test": 10}
    assert meta.table is not None
    assert meta.table.features == ["a"]
    test = (tmp_path / "own/test/rows.csv").read_text().splitlines()
    assert test[1:] == [row for row in rows if ",test," in row]
    assert np.load(tmp_path / "own/test/y.npy").shape == (10,)
