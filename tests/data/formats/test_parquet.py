import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from pipeline.config.source import Source
from pipeline.data.formats import Contents, SourceFile, parquet
from tests.support.refusals import refusal


def read(folder: Path, content: dict[str, Any] | bytes, **settings: Any) -> Contents:
    path = folder / "own.parquet"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        pq.write_table(pa.table(content), path)
    source = Source("own", path=str(path), **settings)
    assert source.format == "parquet"
    return parquet.read(source, [SourceFile("own.parquet", path, "own.parquet")], folder)


def cells(folder: Path, column: Any) -> list[str]:
    read(folder, {"a": column, "b": [1] * len(column)})
    lines = (folder / "data.csv").read_text(encoding="utf-8").splitlines()[1:]
    return [line.removesuffix(",1") for line in lines]


MOMENT = dt.datetime(2021, 3, 1, 12, 30)
DAY = dt.datetime(2021, 3, 1)


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([2**60 + 1, None]), ["1152921504606846977", ""]),
        (pa.array([1 / 3, 2.0, float("nan")]), ["0.3333333333333333", "2", ""]),
        (pa.array([1e300, None, float("inf")]), ["1e+300", "", "inf"]),
        (pa.array([0.1, None], pa.float32()), ["0.1", ""]),
        (pa.array([Decimal("1.100"), None]), ["1.100", ""]),
        (pa.array([True, False, None]), ["true", "false", ""]),
        (pa.array(["x", None, "01"]), ["x", "", "01"]),
        (pa.array(["u", "v", None]).dictionary_encode(), ["u", "v", ""]),
        (pa.array([None, None]), ["", ""]),
        (pa.array([dt.date(2021, 3, 1)]), ["2021-03-01"]),
        (pa.array([DAY, None], pa.timestamp("ns")), ["2021-03-01", ""]),
        (pa.array([DAY, MOMENT]), ["2021-03-01T00:00:00", "2021-03-01T12:30:00"]),
        (pa.array([DAY], pa.timestamp("us", "UTC")), ["2021-03-01T00:00:00+00:00"]),
        (pa.array([dt.time(4, 5)]), ["04:05:00"]),
        (pa.array([["x", "a, b"], [], None]), ['"[""x"", ""a, b""]"', "[]", ""]),
    ],
)
def test_values_become_text_with_all_digits(tmp_path, column, texts):
    assert cells(tmp_path, column) == texts


def test_columns_that_are_no_cells_are_named_together(tmp_path):
    columns = {"a": [[[1]]], "b": [{"x": 1}], "c": [b"1"], "ok": [1]}
    assert refusal(read, tmp_path, columns) == (
        "own.parquet has columns that a table cannot hold. Received: a (list<element: "
        "list<element: int64>>), b (struct<x: int64>) and c (binary). Save the file again with "
        "plain numbers or texts in them, or without them, as pandas does by drop(columns=[…])."
    )


def test_index_of_pandas_is_left_out(tmp_path):
    contents = read(tmp_path, {"a": [1, 2], "__index_level_0__": [7, 3]})
    assert (contents.columns, contents.notes) == (["a"], ["left out: the index of pandas"])


def test_columns_can_be_renamed(tmp_path):
    assert read(tmp_path, {"a": [1], "b": [2]}, columns={"a": "x"}).columns == ["x", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": pa.array([], pa.int64())}, "own.parquet has no rows. "),
        (b"PAR1" + b"\0" * 90 + b"PAR1", "own.parquet is damaged. Received: "),
        (b"<html>", "own.parquet is not Parquet. Received: a web page, such as a login page. "),
        (b"\x1f\x8b", "own.parquet is not Parquet. Received: a file that begins with "),
    ],
)
def test_useless_file_is_refused(tmp_path, content, message):
    assert refusal(read, tmp_path, content).startswith(message)


def test_setting_of_csv_has_no_effect(tmp_path):
    assert refusal(Source, "own", path="a.parquet", delimiter=";") == (
        "source.delimiter is invalid. Received: ;. "
        "Expected: no value, because format: parquet does not use it."
    )
