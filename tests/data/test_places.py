import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.data import places
from pipeline.data.places import Origins, scan
from pipeline.data.tables import read, write_texts

CELL = st.text('a,"\n\r é', max_size=4).filter(lambda cell: "\r" not in cell or "\n" in cell)
ROWS = st.lists(st.tuples(CELL, CELL), min_size=1)


@pytest.mark.parametrize("block", [1, 7, 1 << 24])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_rows_are_found_as_python_counts_lines(tmp_path, block, rows):
    path = tmp_path / "data.csv"
    write_texts(path, ["x", "y"], rows)
    lines = []
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        next(reader)
        start = reader.line_num + 1
        for _ in reader:
            lines.append(start)
            start = reader.line_num + 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "_BLOCK", block)
        table = read(path)
    assert [line for _, line in table.origins] == lines
    assert list(zip(*table.columns.values(), strict=True)) == rows
    chosen = np.arange(len(rows))[::-2]
    table.write(tmp_path / "rows.csv", chosen)
    write_texts(tmp_path / "expected.csv", ["x", "y"], [rows[row] for row in chosen])
    assert (tmp_path / "rows.csv").read_bytes() == (tmp_path / "expected.csv").read_bytes()


def test_rows_of_several_files_follow_each_other(tmp_path):
    for name, rows in (("a.csv", "1\n2\n"), ("b.csv", "3\n"), ("c.csv", "4\n")):
        (tmp_path / name).write_text(f"x\n{rows}")
    table = read(tmp_path / "a.csv").followed_by(read(tmp_path / "b.csv"))
    table = table.followed_by(read(tmp_path / "c.csv"))
    table.take(np.array([3, 2, 0])).write(tmp_path / "rows.csv", np.array([0, 1, 2]))
    assert (tmp_path / "rows.csv").read_text() == "x\n4\n3\n1\n"


def test_open_quote_is_seen(tmp_path):
    (tmp_path / "a.csv").write_text('x\n"1\n')
    assert not scan(tmp_path / "a.csv").is_whole


def test_origins_are_slices():
    origins = Origins.in_order(Path("a.csv"), np.array([2, 5, 6]))
    assert list(origins[1:]) == [(Path("a.csv"), 5), (Path("a.csv"), 6)]
