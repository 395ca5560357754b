"""Targets: what a model predicts.

Class numbers and the names of classes, or quantities.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.data.cells import is_number, quoted
from pipeline.data.columns.reader import read_levels, read_numbers, reading_of
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


def row_weights(text: TextTable, column: str) -> NDArray[np.float32]:
    """Reads the weights of rows, float32 (rows,).

    Raises:
        DataError: a weight is missing, no number or negative, or all weights are 0.
    """
    (values,) = read_numbers(
        reading_of(column, "number"),
        text.columns[column],
        place=lambda row: text.place(column, row),
    )
    wrong = ~(values >= 0)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{text.place(column, row)}: the value is not a weight",
            received=quoted(text.columns[column][row]),
            expected="Expected: a number from 0",
        )
    if not values.any():
        raise DataError(
            f"{text.origins[0][0]}, column {column}: all weights are 0",
            expected="Expected: a weight above 0",
        )
    return values.astype(np.float32)


def quantities(text: TextTable, reading: ColumnReading, *, logarithm: bool) -> NDArray[np.float64]:
    """Reads the target of a regression, float64 (rows,), in the unit of the CSV.

    Args:
        logarithm: whether a value must have a logarithm.

    Raises:
        DataError: a value is not a number, or has no logarithm.
    """
    column = reading.column
    cells = text.columns[column]
    (values,) = read_numbers(reading, cells, place=lambda row: text.place(column, row))
    if logarithm and not (values > 0).all():
        row = int((values > 0).argmin())
        raise DataError(
            f"{text.place(column, row)}: the value has no logarithm",
            received=quoted(cells[row]),
            expected="Expected: a number above 0, or data.log_target: false",
        )
    return values
