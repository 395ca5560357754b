"""Inputs: columns of a CSV, each read as numbers or as categories."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.data.columns.reader import read_levels, read_numbers
from pipeline.data.columns.reading import ColumnReading
from pipeline.data.encoded import Levels
from pipeline.data.prepared import input_name
from pipeline.data.spool import Stored
from pipeline.data.tables import TextTable
from pipeline.errors import ConfigError, suggestion
from pipeline.models import backend
from pipeline.own.features import FeatureFunction, feature_function, values


@dataclass(frozen=True)
class Inputs:
    """The columns that features are made of.

    Args:
        features: the names of the numbers and categories that are features themselves. Ratios and
            functions may use more numbers.
        numeric: float64 values by the name of the number; NaN is a missing value. Those of a large
            table are on disk.
        categorical: levels by column; "" is a missing value.
        readings: how the columns were read.
        functions: the user's own functions, by the feature that they compute.
        computed: float64 values by feature of a function; NaN is a missing value.
    """

    features: list[str]
    numeric: Mapping[str, NDArray[np.float64] | Stored]
    categorical: Mapping[str, Levels]
    readings: list[ColumnReading]
    functions: dict[str, FeatureFunction] = field(default_factory=dict)
    computed: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The number of rows."""
        columns: Iterable[Sized] = [*self.numeric.values(), *self.categorical.values()]
        return len(next(iter(columns), ()))

    def number(self, name: str) -> NDArray[np.float64]:
        """A number of all rows, float64 of shape (rows,)."""
        return np.asarray(self.numeric[name])

    def take(self, rows: NDArray[np.int64]) -> "Inputs":
        """The inputs of the rows with these numbers, in memory."""
        numeric = {name: values[rows] for name, values in self.numeric.items()}
        categorical = {name: levels.take(rows) for name, levels in self.categorical.items()}
        computed = {name: column[rows] for name, column in self.computed.items()}
        return replace(self, numeric=numeric, categorical=categorical, computed=computed)


def inputs_of(
    text: TextTable, readings: Sequence[ColumnReading], operands: Sequence[ColumnReading]
) -> Inputs:
    """Reads the columns that features are made of.

    Args:
        readings: the columns that are features.
        operands: the columns that ratios and functions use, read as numbers.

    Raises:
        ConfigError: two columns would be the same input of a model.
        DataError: a value is invalid.
    """
    numeric: dict[str, NDArray[np.float64] | Stored] = {}
    categorical: dict[str, Levels] = {}
    others = {reading.column for reading in readings if not reading.takes_text}
    used = [*readings, *(reading for reading in operands if reading.column not in others)]
    for reading in used:
        cells = text.columns[reading.column]
        if reading.takes_text:
            categorical[reading.column] = read_levels(reading, cells)
        else:
            place = lambda row, column=reading.column: text.place(column, row)  # noqa: E731
            arrays = read_numbers(reading, cells, place=place)
            kept = arrays if text.spool is None else map(text.spool.add, arrays)
            numeric |= dict(zip(reading.names, kept, strict=True))
    _check_input_names([*numeric, *categorical])
    features = [name for reading in readings for name in reading.names or [reading.column]]
    return Inputs(features, numeric, categorical, used)


def with_functions(inputs: Inputs, data: Data) -> Inputs:
    """Adds the features that functions of the user's own compute.

    Only this function needs TensorFlow. TensorFlow takes seconds to load.

    Raises:
        ConfigError: a function fails, or does not return a number for each row.
    """
    if not data.functions:
        return inputs
    backend.load()
    functions = {
        name: feature_function(own.function, own.arguments, key=f"data.functions.{name}")
        for name, own in data.functions.items()
    }
    computed = {
        name: values(function, [inputs.number(column) for column in data.functions[name].columns])
        for name, function in functions.items()
    }
    return replace(inputs, functions=functions, computed=computed)


def check_columns(data: Data, columns: Sequence[str], *, path: Path) -> None:
    """Checks that every column in the settings is a column of the CSV file at `path`.

    Raises:
        ConfigError: a column is missing, or a ratio or function has the name of a column.
    """
    signs = data.na_values if isinstance(data.na_values, dict) else {}
    by_key: dict[str, Iterable[str]] = {
        "target": data.targets,
        "features": data.features or [],
        "drop": data.drop,
        **data.kinds,
        "spellings": data.spellings,
        "na_values": signs,
        "keep_as_level": data.keep_as_level,
        **{f"ratios.{name}": operands for name, operands in data.ratios.items()},
        **{f"functions.{name}.columns": own.columns for name, own in data.functions.items()},
        **{key: [column] for key, column in data.roles.items()},
    }
    for key, names in by_key.items():
        for name in names:
            if name not in columns:
                raise ConfigError(
                    f"data.{key}",
                    f"names a column that {path} does not have",
                    received=name,
                    expected=suggestion(name, columns),
                )
    for key in ("ratios", "functions"):
        for name in set(getattr(data, key)) & set(columns):
            raise ConfigError(
                f"data.{key}.{name}",
                "has the name of a column",
                received=name,
                expected="Choose another name",
            )


def _check_input_names(columns: Sequence[str]) -> None:
    by_input: dict[str, str] = {}
    for column in columns:
        other = by_input.setdefault(input_name(column), column)
        if other != column:
            raise ConfigError(
                "data.features",
                f"has two columns that would both be the input {input_name(column)} of the model",
                received=f"{other} and {column}",
                expected="Rename one of them in the CSV, or list it under data.drop",
            )
