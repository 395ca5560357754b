"""Columns of fixed width: what is read, and what is refused."""

import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.source import Source
from pipeline.data.fetching.sources import fetch
from pipeline.data.fixed_width import Columns
from pipeline.errors import ConfigError, DataError
from tests.support.refusals import refusal

STATIONS = """\
name        height  since
North Pole       2
Berlin          34   1998
Ulm            478
"""


def fetched(folder: Path, text: str, **settings: object) -> str:
    (folder / "own.txt").write_text(text, encoding="utf-8")
    fetch(Source("own", path=str(folder / "own.txt"), **settings), root=folder / "raw")
    return (folder / "raw/own/data.csv").read_text(encoding="utf-8")


def test_columns_are_found_by_position(tmp_path):
    assert fetched(tmp_path, STATIONS, fixed_width=True) == (
        "name,height,since\nNorth Pole,2,\nBerlin,34,1998\nUlm,478,\n"
    )


def test_widths_may_be_given(tmp_path):
    text = "a 12\n\nbc345\n"
    own = {"fixed_width": [2, 3], "header": False, "columns": ["x", "y"]}
    assert fetched(tmp_path, text, **own) == "x,y\na,12\nbc,345\n"


def test_comments_and_titles_are_left_out(tmp_path):
    text = "a title\n# a comment\nx  y\n# another\n1  2\n"
    assert fetched(tmp_path, text, fixed_width=True, skip_rows=1, comment="#") == "x,y\n1,2\n"


@settings(max_examples=15)
@given(st.lists(st.tuples(*[st.from_regex(r"[a-z0-9]{1,6}", fullmatch=True)] * 3), min_size=1))
def test_values_are_those_of_pandas(rows):
    text = "".join(f"{a:<8}{b:>8}  {c:<8}\n" for a, b, c in rows)
    columns = Columns.of_lines(text.splitlines())
    frame = pd.read_fwf(io.StringIO(text), header=None, dtype=str, keep_default_na=False)
    assert [columns.cells(line, "") for line in text.splitlines()] == frame.to_numpy().tolist()


@pytest.mark.parametrize(
    ("setting", "text", "received"),
    [
        (True, "x   y\n" + "1   2\n" * 99 + "1 3 2\n", "line 101: text stands between two columns. "
         "Received: '3' at position 2."),
        ([1, 1], "xy\n12\n12 3\n", "line 3: text stands between two columns. "
         "Received: '3' at position 3."),
    ],
)  # fmt: skip
def test_text_outside_of_columns_is_refused(tmp_path, setting, text, received):
    refused = refusal(fetched, tmp_path, text, fixed_width=setting, error=DataError)
    assert refused == (
        f"{tmp_path}/own.txt, {received} Set fixed_width to the list of all widths, such as "
        "[10, 5, 8], in the source's settings."
    )


def test_whitespace_that_misreads_columns_names_fixed_width(tmp_path):
    refused = refusal(fetched, tmp_path, STATIONS, delimiter="whitespace", error=DataError)
    assert refused == (
        f"{tmp_path}/own.txt, line 4: the row is too short. Received: 2 values. If each column has "
        "a fixed position, set fixed_width: true instead of delimiter: whitespace in the source's "
        "settings. That gives 3 rows of 3 columns: name, height and since; row 1 is "
        "'North Pole | 2 | '."
    )


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"fixed_width": [3, 0]}, "source.fixed_width is invalid. Received: [3, 0]. Expected: "
         "true, or a list of the widths of all columns, such as [10, 5, 8]."),
        ({"fixed_width": "yes"}, "source.fixed_width is invalid. Received: yes. Expected: "
         "true, or a list of the widths of all columns, such as [10, 5, 8]."),
        ({"fixed_width": True, "delimiter": ";"}, "source.delimiter is invalid. Received: ';'. "
         "Expected: no value, because columns of fixed width have no delimiter."),
    ],
)  # fmt: skip
def test_invalid_widths_are_refused(own, message):
    assert refusal(Source, "own", path="own.txt", **own, error=ConfigError) == message
