"""Targets: what a model predicts.

Class numbers and the names of classes, or quantities.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.data.cells import is_number, quoted
from pipeline.data.columns import levels, numbers
from pipeline.data.missing import is_missing
from pipeline.data.tables import TextTable
from pipeline.errors import ConfigError, DataError, suggestion

# A target with more different numbers than this is a quantity, not a class.
MOST_CLASSES = 100

Labels = NDArray[np.int32]


def labels(text: TextTable, target: str) -> tuple[Labels, list[str]]:
    """Reads a target as class numbers, shape (rows,), and the names of the classes.

    Classes are in numerical order if all labels are whole numbers, else in alphabetical order.

    Raises:
        DataError: a label is missing, there is only one class, or the labels are a quantity.
    """
    _check_complete(text, target)
    names = levels(text, target)
    distinct = set(names)
    if all(is_number(name) for name in distinct):
        _check_not_a_quantity(text, target, distinct)
        names = [str(int(float(name))) for name in names]
        classes = sorted(set(names), key=int)
    else:
        classes = sorted(distinct)
    if len(classes) < 2:
        raise DataError(
            f"{text.origins[0][0]}, column {target}: there is only one class",
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


def quantities(text: TextTable, target: str) -> NDArray[np.float64]:
    """Reads the target of a regression, float64 (rows,), in the unit of the CSV.

    Raises:
        DataError: a value is missing or not a number.
    """
    _check_complete(text, target)
    return numbers(text, target, advice="If the target is a class, set data.task: classification")


def _check_complete(text: TextTable, target: str) -> None:
    for row, cell in enumerate(text.columns[target]):
        if is_missing(cell):
            raise DataError(
                f"{text.place(target, row)}: the target is missing",
                received=quoted(cell),
                expected="Expected: a target in every row",
            )


def _check_not_a_quantity(text: TextTable, target: str, distinct: set[str]) -> None:
    fractions = sorted((name for name in distinct if not float(name).is_integer()), key=float)
    if fractions or len(distinct) > MOST_CLASSES:
        example = f"{quoted(fractions[0])} among " if fractions else ""
        raise DataError(
            f"{text.origins[0][0]}, column {target}: the labels look like a quantity",
            received=f"{example}{len(distinct):,} different numbers",
            expected="If they are a quantity, set data.task: regression",
        )
