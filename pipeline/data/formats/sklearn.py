"""Tables that need no download: those that come with scikit-learn, and rows written in a source's YAML."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Table = tuple[list[str], list[list[Any]]]  # columns, rows


def load(name: str) -> tuple[Table, str]:
    """The table `iris`, `digits` or `diabetes`, and where it comes from, such as `scikit-learn 1.7.0`."""
    import sklearn
    from sklearn import datasets

    readers: dict[str, Callable[[Any], Table]] = {
        "iris": _iris,
        "digits": _digits,
        "diabetes": _diabetes,
    }
    return readers[name](datasets), f"scikit-learn {sklearn.__version__}"


def _iris(datasets: Any) -> Table:
    iris = datasets.load_iris()
    columns = [
        *(name.removesuffix(" (cm)").replace(" ", "_") for name in iris.feature_names),
        "species",
    ]
    species = iris.target_names[iris.target].tolist()
    return columns, [[*row, name] for row, name in zip(iris.data.tolist(), species, strict=True)]


def _digits(datasets: Any) -> Table:
    """8 x 8 pixels from 0 to 16, row by row."""
    digits = datasets.load_digits()
    columns = ["label", *(f"p{index}" for index in range(64))]
    pixels = digits.data.astype(int).tolist()
    return columns, [
        [label, *row] for label, row in zip(digits.target.tolist(), pixels, strict=True)
    ]


def _diabetes(datasets: Any) -> Table:
    """Features as they were measured, not standardised: that is for the pipeline to learn from the training part."""
    diabetes = datasets.load_diabetes(scaled=False)
    rows = zip(diabetes.data.tolist(), diabetes.target.tolist(), strict=True)
    return [*diabetes.feature_names, "progression"], [[*row, target] for row, target in rows]


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Writes a header and rows, whole numbers without `.0`; returns the number of rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_shortest(value) for value in row] for row in rows)
    return len(rows)


def _shortest(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
