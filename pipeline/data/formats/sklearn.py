"""Data sets that scikit-learn ships: iris, digits and diabetes.

They need no download.
"""

from pathlib import Path
from typing import Any

from pipeline.config.source import Source
from pipeline.data import tables
from pipeline.data.formats import Contents, SourceFile
from pipeline.errors import require

Table = tuple[list[str], list[list[Any]]]  # columns, rows


def check(source: Source) -> None:
    """Checks that `dataset` names one of the data sets."""
    require(
        source.dataset in _DATASETS,
        "source.dataset",
        received=source.dataset,
        expected=" or ".join(_DATASETS),
    )
    require(
        source.file_count == 0,
        "source.format",
        received="sklearn and a file",
        expected="no path, url or files, because scikit-learn ships the data",
    )


def read(source: Source, _files: list[SourceFile], folder: Path) -> Contents:
    """Writes `data.csv`."""
    import sklearn
    from sklearn import datasets

    columns, rows = _DATASETS[str(source.dataset)](datasets)
    count = tables.write(folder / "data.csv", columns, rows)
    return Contents(columns, {"data.csv": count}, origin=f"scikit-learn {sklearn.__version__}")


def _iris(datasets: Any) -> Table:
    iris = datasets.load_iris()
    lengths = [name.removesuffix(" (cm)").replace(" ", "_") for name in iris.feature_names]
    species = iris.target_names[iris.target].tolist()
    rows = [[*row, name] for row, name in zip(iris.data.tolist(), species, strict=True)]
    return [*lengths, "species"], rows


def _digits(datasets: Any) -> Table:
    """8 x 8 pixels from 0 to 16, row by row."""
    digits = datasets.load_digits()
    pixels = digits.data.astype(int).tolist()
    rows = [[label, *row] for label, row in zip(digits.target.tolist(), pixels, strict=True)]
    return ["label", *(f"p{index}" for index in range(64))], rows


def _diabetes(datasets: Any) -> Table:
    """The original measurements.

    `prepare` standardises them, fitted on training rows only.
    """
    diabetes = datasets.load_diabetes(scaled=False)
    rows = zip(diabetes.data.tolist(), diabetes.target.tolist(), strict=True)
    return [*diabetes.feature_names, "progression"], [[*row, target] for row, target in rows]


_DATASETS = {"iris": _iris, "digits": _digits, "diabetes": _diabetes}
