"""The inputs of a saved model, from rows as people hold them.

A cell of text means what it means in `prepare`. A value from Python means what pandas would have
read from the CSV: a whole number may have become a float, and a missing value NaN or None.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.data.cells import quoted
from pipeline.data.columns import not_a_number, number
from pipeline.errors import DataError, PipelineError
from pipeline.runs.model_card import Column, ModelCard, Pixels

_ADVICE = "Expected: a number, or an empty cell for a missing value"
_NUMBERS = (int, float, np.number, Decimal)
_LONGEST_LIST = 5  # of columns in an error message

Place = Callable[[int], str]


@dataclass(frozen=True)
class Inputs:
    """The inputs of a model for some rows.

    Args:
        values: arrays `(rows, 1)` by input, float64 or objects of text; or pixels, uint8
            `(rows, *shape)`.
        rows: the number of rows.
        problems: what is wrong with a row, by its number from 0. Its values are placeholders.
    """

    values: Any
    rows: int
    problems: dict[int, DataError]


def inputs_of(card: ModelCard, columns: Mapping[str, Sequence[Any]], *, place: Place) -> Inputs:
    """Reads the columns that a model needs, by name. Others are ignored.

    Args:
        columns: the values of each column, all of the same length.
        place: names a row in errors.

    Raises:
        PipelineError: a column is missing.
    """
    if card.pixels is not None:
        _require(card.pixels.columns, columns)
        return _images(card.pixels, [columns[name] for name in card.pixels.columns], place)
    return table_inputs(card.columns or [], columns, place=place)


def table_inputs(
    needed: Sequence[Column], columns: Mapping[str, Sequence[Any]], *, place: Place
) -> Inputs:
    """Reads the columns of a table; see `inputs_of`."""
    _require([column.name for column in needed], columns)
    problems: dict[int, DataError] = {}
    values: dict[str, NDArray[Any]] = {}
    for column in needed:
        own = columns[column.name]
        if column.type == "category":
            values[column.input] = _categories(column, own).reshape(-1, 1)
        else:
            values[column.input] = _numbers(column, own, place, problems).reshape(-1, 1)
    return Inputs(values, len(next(iter(values.values()))), problems)


def _require(needed: Sequence[str], columns: Mapping[str, Sequence[Any]]) -> None:
    missing = [name for name in needed if name not in columns]
    if missing:
        more = f" and {len(missing) - _LONGEST_LIST} more" if len(missing) > _LONGEST_LIST else ""
        raise PipelineError(
            f"the model needs a column that is missing: {', '.join(missing[:_LONGEST_LIST])}{more}",
            received=f"columns {', '.join(map(str, list(columns)[: _LONGEST_LIST * 2]))}",
            expected="Name the columns as in the CSV that the model was trained on",
        )


def _numbers(
    column: Column, values: Sequence[Any], place: Place, problems: dict[int, DataError]
) -> NDArray[np.float64]:
    result = np.full(len(values), math.nan)
    for row, value in enumerate(values):
        read = number(value) if isinstance(value, str) else _as_number(value)
        if read is None:
            where = f"{place(row)}, column {column.name}"
            problems.setdefault(row, not_a_number(str(value), where, _ADVICE))
        else:
            result[row] = read
    return result


def _as_number(value: Any) -> float | None:
    """A value of Python or pandas as a finite number or NaN; None for anything else."""
    if _is_missing(value):
        return math.nan
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, _NUMBERS):
        return None
    read = float(value)
    return read if math.isfinite(read) else None


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _categories(column: Column, values: Sequence[Any]) -> NDArray[np.object_]:
    """Texts, known or not. NumPy's own strings would all take the memory of the longest."""
    levels = set(column.levels or [])
    return np.array([_as_text(value, levels) for value in values], dtype=object)


def _as_text(value: Any, levels: set[str]) -> str:
    """A value as the CSV would hold it. The model itself strips spaces and knows missing values."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):  # what TensorFlow makes of text
        return value.decode()
    if _is_missing(value):
        return ""
    text = str(value)
    if isinstance(value, (float, np.floating)) and float(value).is_integer() and text not in levels:
        return str(int(value))  # pandas makes floats of whole numbers if one of them is missing
    return text


def _images(pixels: Pixels, columns: Sequence[Sequence[Any]], place: Place) -> Inputs:
    rows = list(zip(*columns, strict=True))
    result = np.zeros((len(rows), len(columns)), dtype=np.uint8)
    problems = {}
    for row, cells in enumerate(rows):
        read = [_pixel(cell, pixels.maximum) for cell in cells]
        if None not in read:
            result[row] = np.array(read, dtype=np.uint8)
        else:
            wrong = read.index(None)
            problems[row] = DataError(
                f"{place(row)}, column {pixels.columns[wrong]}: the value is not a pixel",
                received=quoted(str(cells[wrong])),
                expected=f"Expected: a whole number from 0 to {pixels.maximum}",
            )
    return Inputs(result.reshape(-1, *pixels.shape), len(rows), problems)


def _pixel(cell: Any, maximum: int) -> int | None:
    """A cell as a pixel. None if it is not one."""
    value = number(cell) if isinstance(cell, str) else _as_number(cell)
    is_pixel = value is not None and 0 <= value <= maximum and value.is_integer()
    return int(value) if value is not None and is_pixel else None


def pixels_of(card: ModelCard, images: Any) -> Inputs:
    """Checks an array of images.

    Args:
        images: `(rows, *shape)` or one image `(*shape)`; a last dimension of 1 may be missing.

    Raises:
        PipelineError: the shape is wrong, or a value is not a pixel.
    """
    assert card.pixels is not None
    shape, maximum = tuple(card.pixels.shape), card.pixels.maximum
    array = np.asarray(images)
    if shape[-1] == 1 and array.shape[-2:] == shape[:2]:
        array = array[..., None]
    if array.shape == shape:
        array = array[None]
    if array.shape[1:] != shape:
        raise PipelineError(
            "the images have another shape than those that the model was trained on",
            received=np.shape(images),
            expected=f"Expected: (rows, {', '.join(map(str, shape))})",
        )
    if not np.issubdtype(array.dtype, np.number) or not np.all(
        (array >= 0) & (array <= maximum) & (array == np.floor(array))
    ):
        low, high = (array.min(), array.max()) if array.size else (0, 0)
        raise PipelineError(
            "the images hold values that are no pixels",
            received=f"{array.dtype} from {low} to {high}",
            expected=f"Expected: whole numbers from 0 to {maximum}",
        )
    return Inputs(array.astype(np.uint8), len(array), {})
