"""Targets: what a model predicts.

Class numbers and the names of classes, or quantities.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.data.cells import is_number, quoted
from pipeline.data.columns.reader import read_levels, read_numbers, reading_of
from pipeline.data.columns.reading import ColumnReading
from pipeline.data.headers import counted, named
from pipeline.data.raw import Raw
from pipeline.data.tables import TextTable
from pipeline.data.understanding.answers import no_and_yes, plain_answer
from pipeline.data.understanding.profile import signs_of
from pipeline.errors import ConfigError, DataError, suggestion

Labels = NDArray[np.int32]


def labels(text: TextTable, reading: ColumnReading, *, as_text: bool) -> tuple[Labels, list[str]]:
    """Reads a target as class numbers, shape (rows,), and the names of the classes.

    Classes are in numerical order if all labels are numbers, else in alphabetical order.

    Args:
        as_text: whether different spellings of a whole number, such as `1` and `1.0`, differ.

    Raises:
        DataError: there is only one class.
    """
    levels = read_levels(reading, text.columns[reading.column])
    names = levels.texts
    numbers = all(is_number(name) for name in names)
    if numbers and not as_text and all(float(name).is_integer() for name in names):
        names = [str(int(float(name))) for name in names]
    classes = sorted(set(names), key=lambda name: (float(name) if numbers else 0.0, name))
    if len(classes) < 2:
        raise DataError(
            f"{text.origins[0][0]}, column {reading.column}: there is only one class",
            received=quoted(classes[0]),
            expected="Expected: at least two classes",
        )
    number = {name: index for index, name in enumerate(classes)}
    own = np.array([number[name] for name in names], dtype=np.int32)
    return own[levels.numbers], classes


def yes_or_no(text: TextTable, reading: ColumnReading) -> tuple[Labels, list[str]]:
    """Reads a column of yes and no: 1 and 0, shape (rows,), and the texts for no and yes."""
    levels = read_levels(reading, text.columns[reading.column])
    answers = no_and_yes(levels.texts)
    if answers is None:
        raise ValueError(f"{reading.column} is in doubt")
    yes = plain_answer(answers[1])
    own = np.array([plain_answer(level) == yes for level in levels.texts], dtype=np.int32)
    return own[levels.numbers], answers


def label_lists(text: TextTable, reading: ColumnReading) -> tuple[Labels, list[str]]:
    """Reads a column of label lists: 1 and 0, shape (rows, labels), and the labels.

    A row with an empty cell has no label.
    """
    place = lambda row: text.place(reading.column, row)  # noqa: E731
    columns = read_numbers(reading, text.columns[reading.column], place=place)
    y = np.nan_to_num(np.column_stack(columns)).astype(np.int32)
    return y, list(reading.settings["labels"])


def image_labels(
    raw: Raw, data: Data, text: TextTable, notes: list[str]
) -> tuple[Labels, list[str]]:
    """Reads the labels of images as class numbers, shape (rows,), and the names of the classes.

    Args:
        notes: receives how labels became classes, if that is not obvious.

    Raises:
        DataError: a label is missing, or no class has it.
    """
    reading = reading_of(data.target, "category", missing=signs_of(data.target, data))
    cells = text.columns[data.target]
    if raw.classes:
        return _named_labels(raw, [cell.strip() for cell in cells], data.target, text, notes)
    missing = [row for row, level in enumerate(read_levels(reading, cells)) if not level]
    if missing:
        raise DataError(
            f"{text.place(data.target, missing[0])}: the label is missing",
            received=f"{counted(len(missing), 'row')} without a label",
            expected="Remove these rows from the file",
        )
    y, classes = labels(text, reading, as_text=False)
    if all(map(str.isdecimal, classes)) and classes != list(map(str, range(len(classes)))):
        notes.append(f"the labels are {named(classes)}; no other label is a class")
    return y, classes


def _named_labels(
    raw: Raw, cells: list[str], target: str, text: TextTable, notes: list[str]
) -> tuple[Labels, list[str]]:
    """Class numbers, if the source gives the names of the classes.

    A label is the number of a class from 0 or 1, or its name.
    """
    names = {name: index for index, name in enumerate(raw.classes)}
    count = len(names)
    numbers = {str(index): index for index in range(count)}
    first_from_1 = {str(index + 1): index for index in range(count)}
    distinct = set(cells)
    expected = f"a whole number from 0 to {count - 1}"
    if raw.file_column is not None or len(distinct & set(names)) > len(distinct & set(numbers)):
        number, expected = names, f"one of the classes {named(raw.classes)}"
    elif "0" not in distinct and distinct == set(first_from_1):
        notes.append(f"label 1 is the first of the classes, {raw.classes[0]}")
        number = first_from_1
    else:
        number = numbers
    for row, cell in enumerate(cells):
        if cell not in number:
            raise DataError(
                f"{text.place(target, row)}: the value is not a label",
                received=quoted(cell),
                expected=f"Expected: {expected}",
            )
    return np.array([number[cell] for cell in cells], dtype=np.int32), raw.classes


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
        DataError: a weight is missing, not a number or negative, or all weights are 0.
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
