"""Lists of labels as features and as targets of prepared data."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.config.data import LabelList, Task
from pipeline.data.prepared import Meta, load_split
from pipeline.data.preparing.preparation import prepare
from pipeline.models import backend
from pipeline.runs.model_card import columns_of
from pipeline.serving.inputs import table_inputs
from tests.support.raw_sources import data_of, table, write_source

CELLS = ["x|y", "y", "z|x", "", "x|y|z", "x", "z"]
ROWS = [f"{n % 9},{CELLS[n % 7]},{n % 3 + n % 9}" for n in range(70)]


def prepared(folder: Path, rows: list[str] = ROWS, **settings: Any) -> Meta:
    write_source(folder / "raw/own", train=table(rows, "a,tags,b"))
    data = data_of(split={"test": 10, "validation": 10}, **settings)
    return prepare(data, raw_root=folder / "raw", root=folder / "prepared")


def as_target(folder: Path) -> Meta:
    lists = {"tags": LabelList("|", ["x", "y", "z"])}
    return prepared(folder, task=Task.multi_label, target="tags", label_lists=lists)


def cells_of(split: Any) -> list[str]:
    return [line.split(",")[1] for line in split.rows.read_text().splitlines()[1:]]


def test_each_label_is_an_indicator(tmp_path):
    meta = prepared(tmp_path, target="b")
    assert meta.table.features == ["a", "tags=x", "tags=y", "tags=z", "tags=z is missing"]
    split = load_split(tmp_path / "prepared/own", "test")
    expected = [[label in cell for label in "xyz"] + [not cell] for cell in cells_of(split)]
    assert split.x[:, 1:].tolist() == np.array(expected, np.float32).tolist()


def test_label_without_training_rows_is_no_feature(tmp_path):
    rows = [*ROWS, *(f"1,v|w,{n}" for n in range(2))]
    meta = prepared(tmp_path, rows, target="b", fewest_rows=5)
    assert [name for name in meta.table.features if name[-1] in "vw"] == []


def test_each_label_is_a_target(tmp_path):
    meta = as_target(tmp_path)
    assert (meta.several, meta.outputs) == (["x", "y", "z"], 3)
    assert [target.levels for target in meta.targets] == [["no", "yes"]] * 3
    split = load_split(tmp_path / "prepared/own", "train")
    assert split.y.dtype == np.int32
    expected = [[int(label in cell) for label in "xyz"] for cell in cells_of(split)]
    assert split.y.tolist() == expected


@pytest.mark.parametrize("value", ["x|z", " z | x ", ["x", "z"], ("z", "x"), "q|x|z"])
def test_model_reads_cells_and_lists_of_python(tmp_path, value):
    backend.load()
    meta = prepared(tmp_path, target="b")
    inputs = table_inputs(columns_of(meta), {"a": [1], "tags": [value]}, place=str)
    assert [inputs.values[f"tags={label}"].item() for label in "xyz"] == [1, 0, 1]
