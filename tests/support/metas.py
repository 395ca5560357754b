"""Facts about data without any files, for tests that only need the facts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.columns.reader import read_numbers, reading_of
from pipeline.data.prepared import CategoricalFeature, Meta, NumericFeature, Table, Target
from pipeline.data.tables import TextTable

IMAGES: dict[str, Any] = {
    "shape": [8, 8, 1],
    "dtype": "uint8",
    "pixel_maximum": 255,
    "pixel_columns": [f"p{number}" for number in range(64)],
    "classes": ["a", "b", "c"],
    "table": None,
}


def images(**facts: Any) -> Meta:
    """Facts about 8 by 8 images of three classes; `facts` replaces some of them."""
    return _meta(**IMAGES | facts)


def table(features: int = 2, **facts: Any) -> Meta:
    """Facts about numbers and two classes; `facts` replaces some of them."""
    numeric = [
        NumericFeature(
            f"x{number}", [f"x{number}"], missing=0.0, mean=0.0, scale=1.0, quantiles=[-2, 0, 2]
        )
        for number in range(features)
    ]
    defaults = {
        "shape": [features],
        "dtype": "float32",
        "pixel_maximum": None,
        "pixel_columns": None,
        "classes": ["no", "yes"],
    }
    return _meta(**defaults | {"table": plain(numeric, [])} | facts)


def regression(features: int = 2) -> Meta:
    """Facts about numbers and a number as the target."""
    return table(features, classes=None, task="regression")


def numbers(*targets: str, features: int = 2) -> Meta:
    """Facts about numbers and several numbers as targets. The targets are not standardised."""
    return replace(regression(features), targets=[Target(name) for name in targets])


def labels(*targets: str, features: int = 2) -> Meta:
    """Facts about numbers and several labels."""
    named = [Target(name, levels=["no", "yes"]) for name in targets]
    return replace(table(features, classes=None, task="multi_label"), targets=named)


def plain(numeric: Sequence[NumericFeature], categorical: Sequence[CategoricalFeature]) -> Table:
    """Features of columns that hold plain numbers and categories."""
    numbers = dict.fromkeys(column for feature in numeric for column in feature.of)
    readings = [reading_of(column, "number") for column in numbers]
    readings += [reading_of(feature.name, "category") for feature in categorical]
    return Table(list(numeric), list(categorical), readings)


def numbers_of(text: TextTable, column: str) -> NDArray[np.float64]:
    """A column of plain numbers."""
    reading = reading_of(column, "number")
    return read_numbers(reading, text.columns[column], place=str)[0]


def _meta(**facts: Any) -> Meta:
    defaults = {
        "name": "toy",
        "source": "toy",
        "task": "classification",
        "config": {},
        "targets": [Target("y")],
        "statistics": {},
        "rows": {"train": 36, "validation": 12, "test": 12},
        "digests": {"train": "1" * 32, "validation": "2" * 32, "test": "3" * 32},
        "files": {},
        "source_digests": {},
    }
    return Meta(**defaults | facts)
