"""Prepared data on disk: arrays, and the facts about them in `meta.json`, so that no setting repeats a fact.

data/prepared/<data>/meta.json
data/prepared/<data>/{train,validation,test}/x.npy      (rows, *shape), uint8 pixels or float32 features
data/prepared/<data>/{train,validation,test}/y.npy      (rows,), int32 class or float32 target
data/prepared/<data>/{train,validation,test}/rows.csv   tables alone: the rows as the source's CSV holds them
"""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.files import read_json, write_json

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class NumericFeature:
    """A standardised feature: `(value - mean) / scale`, `missing` standing in for a value that is not finite.

    `of` names one column of the CSV, or two for their quotient.
    """

    name: str
    of: list[str]
    missing: float
    mean: float
    scale: float


@dataclass(frozen=True)
class CategoricalFeature:
    """A one-hot feature: one indicator for each of `levels`; a level never seen in training gives zeros.

    A missing value is the level `""`.
    """

    name: str
    levels: list[str]


@dataclass(frozen=True)
class Table:
    """How features come from the columns of a CSV: numeric ones first, then the indicators, both in order."""

    numeric: list[NumericFeature]
    categorical: list[CategoricalFeature]

    @property
    def numeric_columns(self) -> list[str]:
        """Columns read as numbers, each once, in order of first use."""
        return list(dict.fromkeys(column for feature in self.numeric for column in feature.of))

    @property
    def categorical_columns(self) -> list[str]:
        return [feature.name for feature in self.categorical]

    @property
    def features(self) -> list[str]:
        """Names of the columns of `x`."""
        indicators = [
            f"{feature.name}={level}" for feature in self.categorical for level in feature.levels
        ]
        return [feature.name for feature in self.numeric] + indicators


def input_name(column: str) -> str:
    """The name of a served model's input for a column of the CSV: Keras allows no `/` in it."""
    return column.replace("/", "_")


@dataclass(frozen=True)
class Target:
    """What is predicted. A regression's `y` is `(value / unit - mean) / scale`."""

    name: str
    unit: float = 1.0
    mean: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True)
class Meta:
    """The facts about a prepared data variant.

    `config` holds the settings it was made with, `source_digests` the sha256 of each CSV it was made of,
    `digests` 32 hexadecimal digits for each split over its x and y. Images have `pixel_maximum`, tables
    `table`; classifications have `classes`, by number.
    """

    name: str
    source: str
    task: Literal["classification", "regression"]
    config: dict[str, Any]
    shape: list[int]
    dtype: str
    target: Target
    classes: list[str] | None
    pixel_maximum: int | None
    table: Table | None
    statistics: dict[str, Any]
    rows: dict[str, int]
    digests: dict[str, str]
    source_digests: dict[str, str]

    @property
    def outputs(self) -> int:
        """Numbers that a model gives for a row: one for a number or for two classes, else one for each class."""
        classes = len(self.classes or [])
        return classes if classes > 2 else 1

    def save(self, folder: Path) -> None:
        """Writes `meta.json`."""
        write_json(folder / "meta.json", asdict(self))


@dataclass(frozen=True)
class Part:
    """One split: x of shape (rows, *shape) and y of shape (rows,), both memory-mapped; `rows` is its CSV, if any.

    For a network of several inputs, x is a dictionary or a tuple of arrays. `sample_weight`, float32 of shape (rows,),
    weighs the loss of each row.
    """

    x: Any
    y: NDArray[Any]
    rows: Path | None
    sample_weight: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.y)


def load_meta(folder: Path) -> Meta:
    """Reads the facts of a prepared variant; raises `PipelineError` where there are none."""
    values = read_json(folder / "meta.json", made_by=f"dvc repro prepare@{folder.name}")
    table = values.pop("table")
    return Meta(
        **{key: value for key, value in values.items() if key != "target"},
        target=Target(**values["target"]),
        table=table
        and Table(
            numeric=[NumericFeature(**feature) for feature in table["numeric"]],
            categorical=[CategoricalFeature(**feature) for feature in table["categorical"]],
        ),
    )


def load_part(folder: Path, split: str) -> Part:
    """Opens one split of a prepared variant; its arrays stay on disk until they are read."""
    rows = folder / split / "rows.csv"
    return Part(
        x=np.load(folder / split / "x.npy", mmap_mode="r", allow_pickle=False),
        y=np.load(folder / split / "y.npy", mmap_mode="r", allow_pickle=False),
        rows=rows if rows.is_file() else None,
    )


def digest_of(x: NDArray[Any], y: NDArray[Any]) -> str:
    """32 hexadecimal digits of sha256 over two arrays: as many as MLflow has room for in a data set's digest."""
    digest = hashlib.sha256()
    for array in (x, y):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        for start in range(0, len(array), 4096):
            digest.update(np.ascontiguousarray(array[start : start + 4096]).tobytes())
    return digest.hexdigest()[:32]
