"""Prepared data on disk: the arrays of each split, and their `meta.json`.

data/prepared/<data>/
  meta.json
  {train,validation,test}/
    x.npy       (rows, *shape), uint8 or float32 pixels, or float32 features
    y.npy       (rows,), int32 class numbers or float32 targets; (rows, targets) of several
                targets: float32 numbers, or int32 with 1 for yes and 0 for no
    rows.csv    only for tables: the same rows as the source's CSV holds them
    weights.npy (rows,), float32, only with `data.sample_weight`
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.data.columns.reading import ColumnReading
from pipeline.files import members_of, read_sealed, require_files, state_of, write_sealed
from pipeline.own.features import FeatureFunction

WEIGHTS = "weights.npy"
_ROWS = 4096  # that are read and written at the same time
SPLITS = ("train", "validation", "test")
# The facts that a served model holds: how its inputs and outputs relate to the source's values.
_ENCODING = ("task", "shape", "dtype", "targets", "classes", "pixel_maximum", "table")


@dataclass(frozen=True)
class NumericFeature:
    """A standardised feature: `(value - mean) / scale`.

    Args:
        of: one number of the CSV, the numerator and the denominator of a ratio, or the arguments of
            `function`. A column of dates holds several numbers; see `ColumnReading.names`.
        missing: replaces a value that is not finite.
        indicator: whether one more feature is 1 where the value is not finite, and otherwise 0.
        function: computes the feature from the numbers in `of`.
        quantiles: quantiles of the standardised training values, at equal steps from the least to
            the greatest. A network may scale or embed the feature by them.
    """

    name: str
    of: list[str]
    missing: float
    mean: float
    scale: float
    indicator: bool = False
    quantiles: list[float] = field(default_factory=list)
    function: FeatureFunction | None = None

    @property
    def is_column(self) -> bool:
        """Whether it is a number of the CSV itself."""
        return len(self.of) == 1 and self.function is None


@dataclass(frozen=True)
class CategoricalFeature:
    """A one-hot feature: one indicator for each of `levels`.

    A level that is in no training row gives zeros. A missing value is the level `""`.

    Args:
        name: the column of the CSV.
    """

    name: str
    levels: list[str]


@dataclass(frozen=True)
class TextFeature:
    """A column of free text: one indicator for each of `words` that a cell contains.

    Args:
        name: the column of the CSV.
    """

    name: str
    words: list[str]


@dataclass(frozen=True)
class Table:
    """How columns of a CSV become features.

    Numeric features come first, then indicators of missing numbers, then those of categories, then
    those of words.

    Args:
        readings: how the cells of each used column become numbers and categories.
    """

    numeric: list[NumericFeature]
    categorical: list[CategoricalFeature]
    readings: list[ColumnReading] = field(default_factory=list)
    texts: list[TextFeature] = field(default_factory=list)

    def reading_of(self, column: str) -> ColumnReading:
        """How a column of the CSV is read."""
        return next(reading for reading in self.readings if reading.column == column)

    @property
    def functions(self) -> list[FeatureFunction]:
        """The functions of the user's own that compute features."""
        return [feature.function for feature in self.numeric if feature.function is not None]

    @property
    def with_indicator(self) -> list[NumericFeature]:
        """The numeric features that have an indicator of missing values."""
        return [feature for feature in self.numeric if feature.indicator]

    @property
    def features(self) -> list[str]:
        """The names of the columns of `x`."""
        numeric = [feature.name for feature in self.numeric]
        missing = [f"{feature.name} is missing" for feature in self.with_indicator]
        levels = [
            f"{feature.name}={level}" for feature in self.categorical for level in feature.levels
        ]
        words = [f"{feature.name}: {word}" for feature in self.texts for word in feature.words]
        return [*numeric, *missing, *levels, *words]


def input_name(column: str) -> str:
    """The name of a saved model's input for a column of the CSV, or for one of its numbers.

    Keras does not allow `/`.
    """
    return column.replace("/", "_")


@dataclass(frozen=True)
class Target:
    """What a model predicts.

    The `y` of a regression is `(value / unit - mean) / scale`. With `logarithm`, the natural
    logarithm of `value / unit` takes the place of `value / unit`.

    Args:
        levels: the texts for no and yes of a label of `multi_label`, in this order.
    """

    name: str
    unit: float = 1.0
    mean: float = 0.0
    scale: float = 1.0
    logarithm: bool = False
    levels: list[str] | None = None

    def encoded(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """Computes `y` from values in the unit of the CSV."""
        return ((self._transform(values) - self.mean) / self.scale).astype(np.float32)

    def decoded(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Computes values from `y`, or from the raw output of a network, in `unit`."""
        values: NDArray[np.float64] = np.asarray(y, dtype=np.float64) * self.scale + self.mean
        return np.exp(values) if self.logarithm else values

    def _transform(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.log(values / self.unit) if self.logarithm else values / self.unit


@dataclass(frozen=True)
class Meta:
    """The facts about a prepared data variant.

    Args:
        config: the settings of the data variant.
        shape: the shape of one row of `x`.
        targets: one, or several in the order of `y`.
        classes: the names of the classes by number; None for all other tasks.
        pixel_maximum: the largest value of a pixel; None for a table.
        pixel_columns: the columns of the CSV that hold the pixels, row by row of the image; None
            for a table, and for images that were files.
        table: how columns became features; None for images.
        rows: the number of rows of each split.
        digests: 32 hexadecimal digits over the x and y of each split.
        files: the sha256 of each other file, by path.
        source_digests: the sha256 of each CSV file that the data come from.
    """

    name: str
    source: str
    task: Literal["classification", "regression", "multi_label"]
    config: dict[str, Any]
    shape: list[int]
    dtype: str
    targets: list[Target]
    classes: list[str] | None
    pixel_maximum: int | None
    pixel_columns: list[str] | None
    table: Table | None
    statistics: dict[str, Any]
    rows: dict[str, int]
    digests: dict[str, str]
    files: dict[str, str]
    source_digests: dict[str, str]

    @property
    def outputs(self) -> int:
        """The number of outputs of a model for each row.

        It is the number of targets, or that of the classes if there are more than two.
        """
        classes = len(self.classes or [])
        return classes if classes > 2 else len(self.targets)

    @property
    def several(self) -> list[str]:
        """The names of the targets if there are several; otherwise none."""
        return [target.name for target in self.targets] if len(self.targets) > 1 else []

    @property
    def functions(self) -> list[FeatureFunction]:
        """The functions of the user's own that compute features."""
        return self.table.functions if self.table is not None else []

    @property
    def sizes(self) -> dict[str, Any]:
        """What settings may depend on: training rows, and the numeric features of a table."""
        return {
            "rows": self.rows["train"],
            "numbers": len(self.table.numeric) if self.table is not None else None,
        }

    @property
    def remarks(self) -> list[str]:
        """What may make results on these data misleading, each in one line."""
        return list(self.statistics.get("remarks", []))

    @property
    def notes(self) -> list[str]:
        """How columns or images were read if that is not obvious, each in one line."""
        return list(self.statistics.get("notes", []))

    @property
    def overlap(self) -> dict[str, dict[str, int]]:
        """The rows of validation and test that training has as well, counted by kind."""
        return dict(self.statistics.get("overlap", {}))

    @cached_property
    def identity(self) -> dict[str, str]:
        """What a training depends on: the digest of each split, and one of the encoding."""
        values = {name: getattr(self, name) for name in _ENCODING}
        encoding = json.dumps(values, sort_keys=True, default=members_of)
        return self.digests | {"encoding": hashlib.sha256(encoding.encode()).hexdigest()[:32]}

    def save(self, folder: Path) -> None:
        """Writes `meta.json`."""
        write_sealed(folder / "meta.json", members_of(self))


@dataclass(frozen=True)
class Split:
    """One split.

    Args:
        x: memory-mapped, of shape (rows, *shape). For a network with several inputs, a dictionary
            or a tuple of arrays.
        y: memory-mapped, of shape (rows,), or (rows, targets) of several targets.
        rows: its `rows.csv`, if it is a table.
        sample_weight: weights for the loss of each row, float32 of shape (rows,).
    """

    x: Any
    y: NDArray[Any]
    rows: Path | None
    sample_weight: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.y)


def load_meta(folder: Path) -> Meta:
    """Reads the facts about a data variant.

    Raises:
        PipelineError: the data variant has not been prepared, or the file is damaged.
    """
    path = folder / "meta.json"
    return _meta(path, state_of(path), _made_by(folder))


@lru_cache(maxsize=8)
def _meta(path: Path, _state: tuple[int, ...], made_by: str) -> Meta:
    """The facts in a file. A process reads it again only if the file has changed."""
    values = read_sealed(path, made_by=made_by)
    table = values.pop("table")
    return Meta(
        **{key: value for key, value in values.items() if key != "targets"},
        targets=[Target(**target) for target in values["targets"]],
        table=table
        and Table(
            numeric=[_numeric(**feature) for feature in table["numeric"]],
            categorical=[CategoricalFeature(**feature) for feature in table["categorical"]],
            readings=[ColumnReading(**reading) for reading in table["readings"]],
            texts=[TextFeature(**feature) for feature in table["texts"]],
        ),
    )


def _numeric(function: dict[str, Any] | None, **values: Any) -> NumericFeature:
    own = None if function is None else FeatureFunction(**function)
    return NumericFeature(**values, function=own)


def load_split(folder: Path, split: str) -> Split:
    """Opens one split of a data variant, and checks its files.

    The arrays stay on disk until they are read.

    Raises:
        PipelineError: a file is missing or has changed since it was prepared.
    """
    files = load_meta(folder).files
    names = [name for name in files if name.startswith(f"{split}/")]
    require_files(folder, files, made_by=_made_by(folder), names=names)
    rows, weights = folder / split / "rows.csv", folder / split / WEIGHTS
    return Split(
        x=np.load(folder / split / "x.npy", mmap_mode="r", allow_pickle=False),
        y=np.load(folder / split / "y.npy", mmap_mode="r", allow_pickle=False),
        rows=rows if rows.is_file() else None,
        sample_weight=np.load(weights, allow_pickle=False) if weights.is_file() else None,
    )


def _made_by(folder: Path) -> str:
    return f"dvc repro prepare@{folder.name}"


def digest_of(*arrays: NDArray[Any]) -> str:
    """Computes 32 hexadecimal digits of sha256 over arrays.

    MLflow limits the length.
    """
    digest = Digest()
    for array in arrays:
        for _ in digest.blocks(array, np.arange(len(array))):
            pass
    return digest.text


class Digest:
    """A digest of arrays that are written in blocks, as `digest_of` computes it."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    @property
    def text(self) -> str:
        """The first 32 hexadecimal digits."""
        return self._digest.hexdigest()[:32]

    def blocks(self, array: Any, rows: NDArray[np.int64]) -> Iterator[bytes]:
        """Yields the bytes of rows with these numbers, after it has added them to the digest.

        Args:
            array: an array, or an object with a shape, a dtype and arrays of rows.
        """
        self._digest.update(f"{array.dtype.str}{(len(rows), *array.shape[1:])}".encode())
        for start in range(0, len(rows), _ROWS):
            block = array[rows[start : start + _ROWS]].tobytes()
            self._digest.update(block)
            yield block

    def save(self, path: Path, array: Any, rows: NDArray[np.int64]) -> None:
        """Writes rows as `numpy.save` does, without a copy of all, and adds them to the digest."""
        descr = np.lib.format.dtype_to_descr(array.dtype)
        header = {"descr": descr, "fortran_order": False, "shape": (len(rows), *array.shape[1:])}
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            file.writelines(self.blocks(array, rows))
