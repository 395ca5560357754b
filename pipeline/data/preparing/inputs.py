"""Inputs: columns of a CSV, each read as numbers or as categories."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.data.columns.reader import read_levels, read_numbers
from pipeline.data.columns.reading import ColumnReading
from pipeline.data.prepared import input_name
from pipeline.data.tables import TextTable
from pipeline.errors import ConfigError, suggestion


@dataclass(frozen=True)
class Inputs:
    """The columns that features are made of.

    Args:
        features: the names of the numbers and categories that are features themselves. Ratios may
            use more numbers.
        numeric: float64 values by the name of the number; NaN is a missing value.
        categorical: texts by column; "" is a missing value.
        readings: how the columns were read.
    """

    features: list[str]
    numeric: dict[str, NDArray[np.float64]]
    categorical: dict[str, list[str]]
    readings: list[ColumnReading]

    def take(self, rows: NDArray[np.int64]) -> "Inputs":
        numeric = {name: values[rows] for name, values in self.numeric.items()}
        categorical = {
            name: [values[row] for row in rows] for name, values in self.categorical.items()
        }
        return Inputs(self.features, numeric, categorical, self.readings)


def inputs_of(
    text: TextTable, readings: Sequence[ColumnReading], operands: Sequence[ColumnReading]
) -> Inputs:
    """Reads the columns that features are made of.

    Args:
        readings: the columns that are features.
        operands: the columns that ratios use, read as numbers.

    Raises:
        ConfigError: two columns would be the same input of a model.
        DataError: a value is invalid.
    """
    numeric: dict[str, NDArray[np.float64]] = {}
    categorical: dict[str, list[str]] = {}
    others = {reading.column for reading in readings if not reading.takes_text}
    used = [*readings, *(reading for reading in operands if reading.column not in others)]
    for reading in used:
        cells = text.columns[reading.column]
        if reading.takes_text:
            categorical[reading.column] = read_levels(reading, cells)
        else:
            place = lambda row, column=reading.column: text.place(column, row)  # noqa: E731
            arrays = read_numbers(reading, cells, place=place)
            numeric |= dict(zip(reading.names, arrays, strict=True))
    _check_input_names([*numeric, *categorical])
    features = [name for reading in readings for name in reading.names or [reading.column]]
    return Inputs(features, numeric, categorical, used)


def check_columns(data: Data, columns: Sequence[str], *, path: Path) -> None:
    """Checks that every column in the settings is a column of the CSV file at `path`.

    Raises:
        ConfigError: a column is missing, or a ratio has the name of a column.
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
    for name in set(data.ratios) & set(columns):
        raise ConfigError(
            f"data.ratios.{name}",
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
