from pathlib import Path

import pytest

from pipeline.data.tables import Text, read, write


def test_values_stay_text(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("a,b\n007,NA\n1e3,\n")
    assert read(tmp_path / "train.csv").columns == {"a": ["007", "1e3"], "b": ["NA", ""]}


def test_lines_count_newlines_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text('a,b\n"x\ny",1\nz,2\n')
    assert read(path).origins == [(path, 2), (path, 4)]


def test_chosen_rows_are_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    Text({"a": ["1", "2", "x,y"], "b": ["", "5", "6"]}, [(path, 2)] * 3).write(path, [2, 0])
    assert path.read_text() == 'a,b\n"x,y",6\n1,\n'


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.1, "0.1"), (-0.5, "-0.5"), (7, "7"), ("a,b", '"a,b"')]
)
def test_numbers_are_written_in_short(tmp_path: Path, value: object, text: str) -> None:
    assert write(tmp_path / "a.csv", ["x", "y"], [[value, 0]]) == 1
    assert (tmp_path / "a.csv").read_text() == f"x,y\n{text},0\n"
