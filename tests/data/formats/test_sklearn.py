import csv
from pathlib import Path

import pytest
import sklearn as scikit_learn

from pipeline.config.source import Source
from pipeline.data.formats import sklearn
from tests.support.refusals import refusal


def rows_of(folder: Path, dataset: str) -> list[list[str]]:
    """The header and the rows of `data.csv`."""
    sklearn.read(Source("own", format="sklearn", dataset=dataset), [], folder)
    with (folder / "data.csv").open(newline="") as file:
        return list(csv.reader(file))


def test_iris_has_species_by_name(tmp_path: Path) -> None:
    header, *rows = rows_of(tmp_path, "iris")
    assert header == ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
    assert rows[0] == ["5.1", "3.5", "1.4", "0.2", "setosa"]
    assert rows[149] == ["5.9", "3", "5.1", "1.8", "virginica"]


def test_digits_are_whole_numbers_row_by_row(tmp_path: Path) -> None:
    header, *rows = rows_of(tmp_path, "digits")
    assert header == ["label", *(f"p{index}" for index in range(64))]
    assert rows[0][:9] == ["0", "0", "0", "5", "13", "9", "1", "0", "0"]
    assert len(rows) == 1797


def test_diabetes_is_not_standardised(tmp_path: Path) -> None:
    header, *rows = rows_of(tmp_path, "diabetes")
    assert header == [
        *["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"],
        "progression",
    ]
    assert rows[0] == ["59", "2", "32.1", "101", "157", "93.2", "38", "4", "4.8598", "87", "151"]
    assert len(rows) == 442


def test_origin_is_the_version_of_scikit_learn(tmp_path: Path) -> None:
    contents = sklearn.read(Source("own", format="sklearn", dataset="iris"), [], tmp_path)
    assert contents.origin == f"scikit-learn {scikit_learn.__version__}"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"dataset": "wine"}, "source.dataset"),
        ({}, "source.dataset"),
        ({"dataset": "iris", "path": "iris.csv"}, "source.format"),
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, object], key: str) -> None:
    assert refusal(Source, "own", format="sklearn", **settings).startswith(f"{key} ")
