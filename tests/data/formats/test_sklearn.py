from pathlib import Path

import pytest
import sklearn

from pipeline.data.formats import sklearn as bundled


def test_iris_has_its_species_by_name() -> None:
    (columns, rows), origin = bundled.load("iris")
    assert columns == ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
    assert rows[0] == [5.1, 3.5, 1.4, 0.2, "setosa"]
    assert rows[149] == [5.9, 3.0, 5.1, 1.8, "virginica"]
    assert origin == f"scikit-learn {sklearn.__version__}"


def test_digits_are_whole_numbers_row_by_row() -> None:
    (columns, rows), _ = bundled.load("digits")
    assert columns == ["label", *(f"p{index}" for index in range(64))]
    assert rows[0][:9] == [0, 0, 0, 5, 13, 9, 1, 0, 0]
    assert len(rows) == 1797


def test_diabetes_is_as_it_was_measured() -> None:
    (columns, rows), _ = bundled.load("diabetes")
    assert columns == ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6", "progression"]
    assert rows[0] == [59.0, 2.0, 32.1, 101.0, 157.0, 93.2, 38.0, 4.0, 4.8598, 87.0, 151.0]
    assert len(rows) == 442


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.1, "0.1"), (-0.5, "-0.5"), (7, "7"), ("a,b", '"a,b"')]
)
def test_values_are_written_as_short_as_they_can_be(
    tmp_path: Path, value: object, text: str
) -> None:
    assert bundled.write_csv(tmp_path / "a.csv", ["x", "y"], [[value, 0]]) == 1
    assert (tmp_path / "a.csv").read_text() == f"x,y\n{text},0\n"
