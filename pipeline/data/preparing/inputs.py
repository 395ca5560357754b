"""Inputs: columns of a CSV, each read as numbers or as categories."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.data.cells import is_infinite, is_number, quoted, without_commas
from pipeline.data.columns import levels, numbers
from pipeline.data.missing import is_missing
from pipeline.data.prepared import input_name
from pipeline.data.tables import TextTable
from pipeline.errors import ConfigError, DataError, suggestion

# A column with more categories looks like names or row numbers, unless data.categorical lists it.
MOST_LEVELS = 100


@dataclass(frozen=True)
class Inputs:
    """The columns that features are made of.

    Args:
        features: the columns that are features themselves. Ratios may use more columns.
        numeric: float64 values by column; NaN is a missing value.
        categorical: texts by column; "" is a missing value.
    """

    features: list[str]
    numeric: dict[str, NDArray[np.float64]]
    categorical: dict[str, list[str]]

    def take(self, rows: NDArray[np.int64]) -> "Inputs":
        numeric = {name: values[rows] for name, values in self.numeric.items()}
        categorical = {
            name: [values[row] for row in rows] for name, values in self.categorical.items()
        }
        return Inputs(self.features, numeric, categorical)


def inputs_of(text: TextTable, data: Data) -> Inputs:
    """Reads the columns that the settings choose.

    Raises:
        ConfigError: the settings leave no column.
        DataError: a value is invalid.
    """
    features = _features(data, text.columns)
    operands = [column for pair in data.ratios.values() for column in pair]
    numeric: dict[str, NDArray[np.float64]] = {}
    categorical: dict[str, list[str]] = {}
    for column in dict.fromkeys([*features, *operands]):
        if column in operands or _is_numeric(text, column, data):
            advice = f"If the column holds categories, list {column} under data.categorical"
            numeric[column] = numbers(text, column, advice=advice)
        else:
            categorical[column] = levels(text, column)
    for column, values in categorical.items():
        if column not in data.categorical:
            _check_levels(text, column, values)
    _check_input_names([*numeric, *categorical])
    return Inputs(features, numeric, categorical)


def check_columns(data: Data, columns: Sequence[str], *, path: Path) -> None:
    """Checks that every column in the settings is a column of the CSV file at `path`.

    Raises:
        ConfigError: a column is missing, or a ratio has the name of a column.
    """
    by_key: dict[str, Iterable[str]] = {
        "target": [data.target],
        "features": data.features or [],
        "drop": data.drop,
        "numeric": data.numeric,
        "categorical": data.categorical,
        **{f"ratios.{name}": operands for name, operands in data.ratios.items()},
        **{f"split.{key}": [column] for key, column in data.split.columns.items()},
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


def _features(data: Data, columns: Iterable[str]) -> list[str]:
    features = data.features
    if features is None:
        others = {data.target, *data.drop, *data.split.columns.values()}
        features = [name for name in columns if name not in others]
    if not features and not data.ratios:
        raise ConfigError(
            "data.drop",
            "leaves no feature",
            received=", ".join(data.drop),
            expected="Expected: at least one column left",
        )
    return features


def _is_numeric(text: TextTable, column: str, data: Data) -> bool:
    """Whether a column is numeric: as the settings say, else by its values.

    A column is numeric if more than half of its values look like numbers. Its other values are then
    errors. A column without values is numeric too.
    """
    if column in data.numeric:
        return True
    if column in data.categorical:
        return False
    values = [cell for cell in text.columns[column] if not is_missing(cell)]
    return 2 * sum(map(_looks_like_a_number, values)) > len(values) or not values


def _looks_like_a_number(cell: str) -> bool:
    return is_number(without_commas(cell)) or is_infinite(cell)


def _check_levels(text: TextTable, column: str, values: list[str]) -> None:
    count = len(set(values))
    if count > MOST_LEVELS:
        raise DataError(
            f"{text.origins[0][0]}, column {column}: there are more than {MOST_LEVELS} categories",
            received=f"{count:,} different values, the first {quoted(values[0])}",
            expected=f"List {column} under data.drop, or under data.categorical to use them",
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
