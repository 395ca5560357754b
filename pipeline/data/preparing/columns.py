"""What the columns of a table hold: numbers or categories, with every bad value told by file, line and column."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.data.prepared import input_name
from pipeline.data.tables import Text, is_number, shown
from pipeline.errors import ConfigError, DataError, suggestion

MISSING = frozenset({"", "?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"})
MOST_LEVELS = (
    100  # of a column that data.categorical does not name: more look like names or numbers of rows
)
_INFINITE = {"inf", "infinity"}


@dataclass(frozen=True)
class Inputs:
    """Columns that features are made of: `numeric` ones as float64 with NaN for missing, `categorical` ones as
    text with "" for missing. A column that only ratios use is numeric and no feature by itself.
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


def inputs_of(text: Text, data: Data) -> Inputs:
    """Reads the feature columns that the settings choose, each as what it is declared or found to be.

    Raises:
        ConfigError: the settings leave no column.
        DataError: a value that cannot be.
    """
    features = _features(data, text.columns)
    operands = [column for pair in data.ratios.values() for column in pair]
    numeric: dict[str, NDArray[np.float64]] = {}
    categorical: dict[str, list[str]] = {}
    for column in dict.fromkeys([*features, *operands]):
        if (
            column in operands
            or column in data.numeric
            or (column not in data.categorical and _is_numeric(text, column))
        ):
            numeric[column] = numbers(
                text,
                column,
                advice=f"If the column holds categories, list {column} under data.categorical",
            )
        else:
            categorical[column] = levels(text, column)
    for column, values in categorical.items():
        if column not in data.categorical:
            _check_levels(text, column, values)
    _check_input_names([*numeric, *categorical])
    return Inputs(features, numeric, categorical)


def _check_input_names(columns: Sequence[str]) -> None:
    named: dict[str, str] = {}
    for column in columns:
        other = named.setdefault(input_name(column), column)
        if other != column:
            raise ConfigError(
                "data.features",
                "holds two columns that the saved model cannot tell apart",
                received=f"{other} and {column}",
                expected="Rename one of them in the CSV, or drop it",
            )


def check_columns(data: Data, columns: Sequence[str], *, shown_as: str) -> None:
    """Raises `ConfigError` for the first column that the settings name and the CSV, `shown_as`, does not have."""
    named: dict[str, Iterable[str]] = {
        "target": [data.target],
        "features": data.features or [],
        "drop": data.drop,
        "numeric": data.numeric,
        "categorical": data.categorical,
        **{f"ratios.{name}": operands for name, operands in data.ratios.items()},
    }
    for key, names in named.items():
        for name in names:
            if name not in columns:
                raise ConfigError(
                    f"data.{key}",
                    f"names a column that {shown_as} does not have",
                    received=name,
                    expected=suggestion(name, columns),
                )
    for name in set(data.ratios) & set(columns):
        raise ConfigError(
            f"data.ratios.{name}",
            "has the name of a column",
            received=name,
            expected="Expected: a name of its own",
        )


def _features(data: Data, columns: Iterable[str]) -> list[str]:
    left_out = {data.target, *data.drop}
    features = (
        data.features
        if data.features is not None
        else [name for name in columns if name not in left_out]
    )
    if not features and not data.ratios:
        raise ConfigError(
            "data.drop",
            "leaves no feature",
            received=", ".join(data.drop),
            expected="Expected: one column at least",
        )
    return features


def is_missing(value: str) -> bool:
    """Whether a cell holds one of the usual signs of a missing value."""
    return value.strip() in MISSING


def numbers(text: Text, column: str, *, advice: str) -> NDArray[np.float64]:
    """A column as numbers, NaN where a value is missing.

    Args:
        advice: what to do where a value is text.

    Raises:
        DataError: a value is text or infinite.
    """
    values = np.full(len(text), math.nan)
    for row, value in enumerate(text.columns[column]):
        if is_number(value) and math.isfinite(number := float(value)):
            values[row] = number
        elif not is_missing(value):
            raise _no_number(value, text.place(column, row), advice)
    return values


def levels(text: Text, column: str) -> list[str]:
    """A column as categories without outer spaces, "" where a value is missing."""
    return ["" if is_missing(value) else value.strip() for value in text.columns[column]]


def _no_number(value: str, place: str, advice: str) -> DataError:
    if is_number(value) or _is_infinite(value):
        return DataError(
            f"{place}: the value is infinite",
            received=shown(value),
            expected="Expected: a finite number",
        )
    if is_number(value.replace(",", "")):
        advice = "Expected: a decimal point and no commas, such as 1234.5"
    return DataError(f"{place}: the value is not a number", received=shown(value), expected=advice)


def _is_infinite(value: str) -> bool:
    return value.strip().lstrip("+-").lower() in _INFINITE


def _is_numeric(text: Text, column: str) -> bool:
    """All values parse, or so many that the others are faults; a column without any value counts as numeric."""
    values = [value for value in text.columns[column] if not is_missing(value)]
    parsing = sum(_reads_as_number(value) for value in values)
    return 2 * parsing > len(values) or not values


def _reads_as_number(value: str) -> bool:
    return is_number(value) or is_number(value.replace(",", "")) or _is_infinite(value)


def _check_levels(text: Text, column: str, values: list[str]) -> None:
    count = len(set(values))
    if count > MOST_LEVELS:
        raise DataError(
            f"{text.origins[0][0]}, column {column}: there are too many categories to be taken for granted",
            received=f"{count:,} different values, the first {shown(values[0])}",
            expected=f"List {column} under data.drop, or under data.categorical if they are meant",
        )
