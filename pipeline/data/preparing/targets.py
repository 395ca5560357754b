"""Targets: what a model predicts.

Class numbers and the names of classes, or quantities.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.data.cells import is_number, quoted
from pipeline.data.columns.reader import read_levels, read_numbers
from pipeline.data.columns.reading import ColumnReading
from pipeline.data.tables import TextTable
from pipeline.errors import ConfigError, DataError, suggestion

Labels = NDArray[np.int32]


def labels(text: TextTable, reading: ColumnReading, *, as_text: bool) -> tuple[Labels, list[str]]:
    """Reads a target as class numbers, shape (rows,), and the names of the classes.

    Classes are in numerical order if all labels are numbers, else in alphabetical order.

    Args:
        as_text: whether whole numbers in different spellings, such as `1` and `1.0`, are different.

    Raises:
        DataError: there is only one class.
    """
    names = read_levels(reading, text.columns[reading.column])
    distinct = set(names)
    numbers = all(is_number(name) for name in distinct)
    if numbers and not as_text and all(float(name).is_integer() for name in distinct):
        names = [str(int(float(name))) for name in names]
    classes = sorted(set(names), key=lambda name: (float(name) if numbers else 0.0, name))
    if len(classes) < 2:
        raise DataError(
            f"{text.origins[0][0]}, column {reading.column}: there is only one class",
            received=quoted(classes[0]),
            expected="Expected: at least two classes",
        )
    number = {name: index for index, name in enumerate(classes)}
    return np.array([number[name] for name in names], dtype=np.int32), classes


def one_against_all(y: Labels, classes: list[str], positive: str) -> tuple[Labels, list[str]]:
    """Makes two classes: 1 for the label `positive`, 0 for all others."""
    if positive not in classes:
        raise ConfigError(
            "data.positive",
            "is not one of the labels",
            received=positive,
            expected=suggestion(positive, classes),
        )
    return (y == classes.index(positive)).astype(np.int32), [f"not {positive}", positive]


def quantities(text: TextTable, reading: ColumnReading) -> NDArray[np.float64]:
    """Reads the target of a regression, float64 (rows,), in the unit of the CSV.

    Raises:
        DataError: a value is not a number.
    """
    column = reading.column
    cells = text.columns[column]
    (values,) = read_numbers(reading, cells, place=lambda row: text.place(column, row))
    return values
