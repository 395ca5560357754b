"""Remarks on prepared data: each is one line, and silence where nothing is wrong."""

import numpy as np
import pytest

from pipeline.config.data import Task
from pipeline.config.split import Duplicates, SplitMethod
from pipeline.data.preparing import remarks
from pipeline.data.preparing.splits import Splits
from tests.support.raw_sources import data_of

ROWS = {"train": 6_400, "validation": 1_600, "test": 2_000}
NOTHING = {"equal": 0, "other_target": 0, "near": 0, "compared": 1_600}


def of_overlap(drawn_test: bool = True, split: dict | None = None, **test: int) -> list[str]:
    counts = {"validation": NOTHING, "test": NOTHING | {"compared": 2_000} | test}
    data = data_of(split=split or {})
    return list(remarks.of_overlap(counts, ROWS, data, drawn_test=drawn_test))


def test_distinct_rows_need_no_remark():
    assert of_overlap() == []


def test_shared_rows_are_one_line():
    assert of_overlap(equal=1_200, other_target=3, near=7, compared=797) == [
        "1,200 of 2,000 test rows equal a training row; 3 of 2,000 test rows equal a training row "
        "except for the target; 7 of 2,000 test rows nearly equal a training row. "
        "To change this, set data.split.duplicates: drop or together"
    ]


def test_both_splits_are_named_together():
    counts = {split: NOTHING | {"near": 5} for split in ("validation", "test")}
    (line,) = remarks.of_overlap(counts, ROWS | {"test": 1_600}, data_of(), drawn_test=True)
    assert line == (
        "5 of 1,600 validation rows and 5 of 1,600 test rows nearly equal a training row"
    )


def test_sample_is_named():
    assert of_overlap(near=7, compared=500) == [
        "7 of 500 compared test rows nearly equal a training row"
    ]


def test_own_test_rows_cannot_stay_together():
    (line,) = of_overlap(drawn_test=False, equal=2)
    assert line.endswith("To change this, set data.split.duplicates: drop")


def test_setting_that_is_made_is_not_advised():
    assert of_overlap(split={"duplicates": Duplicates.drop}, equal=2) == [
        "2 of 2,000 test rows equal a training row"
    ]


def test_missing_classes_are_named_by_split():
    counts = {"train": {"a": 1, "b": 2}, "validation": {"a": 0, "b": 1}, "test": {"a": 0, "b": 0}}
    assert list(remarks.of_classes(counts)) == [
        "no validation row is of class a; no test row is of class a, b"
    ]


def test_many_missing_classes_are_counted():
    counts = {"test": {str(number): 0 for number in range(13)}}
    assert list(remarks.of_classes(counts)) == [
        "no test row is of class 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 others"
    ]


def test_complete_classes_need_no_remark():
    assert list(remarks.of_classes({"test": {"a": 1}})) == []


def of_order(whole_file: bool, used_rows: bool, **settings: object) -> list[str]:
    data = data_of(task=Task.classification, target="kind", **settings)
    return list(
        remarks.of_order(data, "kind", whole_file=whole_file, used_rows=used_rows, rows=150)
    )


def test_first_rows_of_a_sorted_file_are_named():
    assert of_order(True, True, rows=100) == [
        "the rows are sorted by kind, and data.rows takes the first 100 of 150. "
        "To draw them, set data.sample instead"
    ]


@pytest.mark.parametrize("method", [SplitMethod.first, SplitMethod.last])
def test_block_of_a_sorted_file_is_named(method):
    assert of_order(True, True, split={"method": method}) == [
        f"the rows are sorted by kind, and data.split.method: {method.value} tests and validates "
        f"on the {method.value} ones. Set another method, such as random"
    ]


@pytest.mark.parametrize("settings", [{}, {"rows": 150}])
def test_order_of_drawn_rows_needs_no_remark(settings):
    assert of_order(True, True, **settings) == []


def test_mixed_rows_need_no_remark():
    assert of_order(False, False, rows=100, split={"method": SplitMethod.first}) == []


def of_sizes(test: int, split: dict, drawn_test: bool = True) -> list[str]:
    rows = np.arange(100)
    rest = 100 - test
    splits = Splits(rows[: rest - rest // 5], rows[rest - rest // 5 : rest], rows[rest:])
    return list(remarks.of_sizes(data_of(split=split), splits, drawn_test=drawn_test))


@pytest.mark.parametrize(("setting", "what"), [("group", "group"), ("time", "time")])
def test_split_far_from_its_size_is_named(setting, what):
    assert of_sizes(30, {setting: "a"}) == [
        f"the test split has 30 rows instead of 20, because rows of the same {what} stay together"
    ]


@pytest.mark.parametrize(
    ("test", "split", "drawn_test"),
    [(21, {"group": "a"}, True), (30, {}, True), (30, {"time": "a"}, False)],
)
def test_split_near_its_size_needs_no_remark(test, split, drawn_test):
    assert of_sizes(test, split, drawn_test) == []


def of_pixels(count: int = 64, *cells: float) -> list[str]:
    """Those on columns of 0 and 9, with other values in the last one."""
    columns = {f"p{number}": np.array([0.0, 9.0]) for number in range(count)}
    return list(remarks.of_pixels(columns | ({"last": np.array(cells)} if cells else {})))


@pytest.mark.parametrize(
    ("columns", "cells", "greatest", "shape"),
    [(64, [], 9, [8, 8, 1]), (63, [0.0, 255.0], 255, [8, 8, 1]), (75, [], 9, [5, 5, 3])],
)
def test_columns_of_whole_numbers_may_be_pixels(columns, cells, greatest, shape):
    assert of_pixels(columns, *cells) == [
        f"{columns + bool(cells)} columns hold whole numbers from 0 to {greatest}, as pixels do. "
        f"If the rows are images, set image_shape: {shape} in the source's settings"
    ]


@pytest.mark.parametrize(
    ("columns", "cells"),
    [(49, []), (65, []), (63, [0.5]), (63, [-1.0]), (63, [256.0]), (63, [np.nan])],
)
def test_other_columns_are_no_pixels(columns, cells):
    assert of_pixels(columns, *cells) == []


def test_columns_of_yes_and_no_are_no_pixels():
    columns = {f"p{number}": np.array([0.0, 1.0]) for number in range(64)}
    assert list(remarks.of_pixels(columns)) == []
