"""What is to be predicted: class numbers and their names, or quantities."""

import numpy as np
from numpy.typing import NDArray

from pipeline.data.preparing.columns import is_missing, levels, numbers
from pipeline.data.tables import Text, is_number, shown
from pipeline.errors import ConfigError, DataError, suggestion

MOST_CLASSES = 100  # of a target that holds numbers alone: more are a quantity
Labels = NDArray[np.int32]


def labels(text: Text, target: str) -> tuple[Labels, list[str]]:
    """Class numbers and the names they stand for: in the order of numbers if all are whole, else of the alphabet.

    Raises:
        DataError: a label is missing, there is one class only, or the labels are a quantity.
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
        place = f"{text.origins[0][0]}, column {target}"
        raise DataError(
            f"{place}: there is one class only",
            received=shown(classes[0]),
            expected="Expected: at least two",
        )
    number = {name: index for index, name in enumerate(classes)}
    return np.array([number[name] for name in names], dtype=np.int32), classes


def one_against_all(y: Labels, classes: list[str], positive: str) -> tuple[Labels, list[str]]:
    """Two classes: 1 for the label `positive`, 0 for all others."""
    if positive not in classes:
        raise ConfigError(
            "data.positive",
            "is not one of the labels",
            received=positive,
            expected=suggestion(positive, classes),
        )
    return (y == classes.index(positive)).astype(np.int32), [f"not {positive}", positive]


def quantities(text: Text, target: str) -> NDArray[np.float64]:
    """The target of a regression, float64, in the unit of the CSV; raises `DataError` where it is no number."""
    _check_complete(text, target)
    return numbers(text, target, advice="If the target is a class, set data.task: classification")


def _check_complete(text: Text, target: str) -> None:
    for row, value in enumerate(text.columns[target]):
        if is_missing(value):
            raise DataError(
                f"{text.place(target, row)}: the target is missing",
                received=shown(value),
                expected="Expected: a value in every row",
            )


def _check_not_a_quantity(text: Text, target: str, distinct: set[str]) -> None:
    fractions = sorted((name for name in distinct if not float(name).is_integer()), key=float)
    if fractions or len(distinct) > MOST_CLASSES:
        example = f"{shown(fractions[0])} among " if fractions else ""
        raise DataError(
            f"{text.origins[0][0]}, column {target}: the labels look like a quantity",
            received=f"{example}{len(distinct):,} different numbers",
            expected="If it is one, set data.task: regression",
        )
