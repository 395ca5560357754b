from pathlib import Path

import numpy as np
import pytest

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
