import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.data import tables
from pipeline.data.tables import read, write
from pipeline.errors import DataError
from tests.support.refusals import refusal


def test_values_stay_text(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("a,b\n007,NA\n1e3,\n")
    assert read(tmp_path / "train.csv").columns == {"a": ["007", "1e3"], "b": ["NA", ""]}


def test_lines_count_newlines_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text('a,b\n"x\ny",1\nz,2\n')
    assert list(read(path).origins) == [(path, 2), (path, 4)]


def test_chosen_rows_are_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    (tmp_path / "data.csv").write_text('a,b\n1,\n2,5\n"x,y",6\n')
    read(tmp_path / "data.csv").write(path, np.array([2, 0]))
    assert path.read_text() == 'a,b\n"x,y",6\n1,\n'


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"", 1), (b"a,b\n1\n", 2), (b"a,b\n1,2,3\n", 2), (b"a\n'\xff'\n", 1), (b'a\n"1', 2)],
)
def test_damaged_file_is_refused(tmp_path: Path, content: bytes, line: int) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    assert refusal(read, path, error=DataError) == (
        f"{path}, line {line}: the file is damaged. Delete it, then write it again with: dvc repro."
    )


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.1, "0.1"), (-0.5, "-0.5"), (7, "7"), ("a,b", '"a,b"')]
)
def test_numbers_are_written_in_short(tmp_path: Path, value: object, text: str) -> None:
    assert write(tmp_path / "a.csv", ["x", "y"], [[value, 0]]) == 1
    assert (tmp_path / "a.csv").read_text() == f"x,y\n{text},0\n"


@pytest.fixture
def _on_disk(monkeypatch):
    """The columns of all files are on disk, in blocks of about two rows."""
    monkeypatch.setattr(tables, "_IN_MEMORY", 0)
    monkeypatch.setattr(tables, "_STREAMED_BLOCK", 1)


CONTENT = 'a,b,c\n1,é,\n2,"x\ny",\n1,x,\n-0.5,"say ""no""",7\n'


def test_columns_on_disk_are_those_in_memory(tmp_path, request):
    (tmp_path / "data.csv").write_text(CONTENT, encoding="utf-8")
    whole = read(tmp_path / "data.csv")
    request.getfixturevalue("_on_disk")
    stored = read(tmp_path / "data.csv")
    rows = np.array([3, 0, 2])
    for table, expected in [
        (stored, whole),
        (stored.take(rows), whole.take(rows)),
        (stored.first(2), whole.first(2)),
        (stored.followed_by(stored.take(rows)), whole.followed_by(whole.take(rows))),
        (whole.followed_by(stored), whole.followed_by(whole)),
    ]:
        assert dict(table.columns) == dict(expected.columns)
        assert list(table.columns["b"].texts) == list(expected.columns["b"].texts)
        assert list(table.origins) == list(expected.origins)


@pytest.mark.usefixtures("_on_disk")
@pytest.mark.parametrize("content", [b"a,b\n1,2,3\n", b"a\n'\xff'\n", b'a\n"1', b"a,b\n1,2\n1\n"])
def test_damaged_file_is_refused_on_disk(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    assert "the file is damaged" in refusal(read, tmp_path / "rows.csv", error=DataError)


@pytest.mark.usefixtures("_on_disk")
def test_newline_in_quotes_ends_no_block(tmp_path):
    (tmp_path / "data.csv").write_text("a,b\n" + 'x,1\n"long text\nof two lines",4\n' * 20)
    cells = list(read(tmp_path / "data.csv").columns["a"])
    assert cells == ["x", "long text\nof two lines"] * 20


# Prints the peak of the memory, in bytes, before and after the columns of a file were used.
_USE = """
import resource, sys
from pathlib import Path
import numpy
from pipeline.data import tables

def peak():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

def use(path):
    for cells in tables.read(Path(path)).columns.values():
        cells.texts.plain_numbers

tables._IN_MEMORY, tables._STREAMED_BLOCK = 0, 1 << 16
use(sys.argv[1])
before = peak()
use(sys.argv[2])
print(peak() - before)
"""


def test_memory_is_a_fraction_of_a_large_file(tmp_path):
    cells = np.random.default_rng(0).integers(10**15, 10**16, 20_000).astype(str).tolist()
    for name, count in (("small", 1_000), ("large", 20_000)):
        header = ",".join(f"x{number}" for number in range(40))
        row = (",".join([cell, *cells[:39]]) for cell in cells[:count])
        (tmp_path / name).write_text("\n".join([header, *row, ""]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _USE, tmp_path / "small", tmp_path / "large"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / "large").stat().st_size > 13_000_000
    assert int(done.stdout) < 5_000_000
