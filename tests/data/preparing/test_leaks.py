"""Columns that give the target away are named."""

import math

import pytest

from pipeline.config.data import Task
from pipeline.data.preparing.preparation import prepare
from tests.support.raw_sources import data_of, table, write_source


@pytest.mark.parametrize(
    ("column", "is_leak"),
    [
        ([f"{2000 + row % 40}{'PASS' if row % 3 else 'FAIL'}" for row in range(1200)], True),
        ([f"group {row % 40}" for row in range(1200)], False),
    ],
)
def test_category_of_many_levels_may_be_a_leak(tmp_path, column, is_leak):
    rows = [f"{row * 7 % 11},{column[row]},{int(row % 3 > 0)}" for row in range(1200)]
    write_source(tmp_path / "raw/own", train=table(rows))
    data = data_of(task=Task.classification)
    meta = prepare(data, raw_root=tmp_path / "raw", root=tmp_path / "prepared")
    assert any(remark.startswith("b predicts") for remark in meta.remarks) == is_leak


def test_logarithm_of_the_target_gives_it_away(tmp_path):
    rows = [f"{row * 7 % 11},{math.log(2 + row)},{2 + row}" for row in range(200)]
    write_source(tmp_path / "raw/own", train=table(rows))
    meta = prepare(data_of(numeric=["b"]), raw_root=tmp_path / "raw", root=tmp_path / "prepared")
    assert any(remark.startswith("b predicts") for remark in meta.remarks)
