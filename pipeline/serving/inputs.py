"""The inputs of a saved model, from rows as people hold them.

A text is read as `prepare` reads it. A value from Python is read as if pandas had read it from the
CSV: a whole number may be a float, and a missing value NaN or None.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.data.cells import is_number, quoted
from pipeline.data.columns.kinds.date import ISO
from pipeline.data.columns.kinds.numbers import split
from pipeline.data.columns.reader import read_numbers, read_plain_columns
from pipeline.data.encoded import Encoded
from pipeline.errors import DataError, PipelineError
from pipeline.runs.model_card import Column, ModelCard, Pixels

_NUMBERS = (int, float, np.number, Decimal)
_LONGEST_LIST = 5  # of columns in an error message

Place = Callable[[int], str]


@dataclass(frozen=True)
class Inputs:
    """The inputs of a model for some rows.

    Args:
        values: arrays `(rows, 1)` by input, float64 or objects of text; or pixels, `(rows, *shape)`
            in the dtype of the model.
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
        PipelineError: a column is missing, or the model takes image files.
    """
    if card.pixels is not None:
        names = card.pixels.columns
        if names is None:
            raise PipelineError(
                "the model was trained on image files, not on columns of pixels",
                received=f"columns {', '.join(map(str, list(columns)[:_LONGEST_LIST]))}",
                expected="Name image files, or give an array of images",
            )
        _require(names, columns)
        return _images(card.pixels, names, [columns[name] for name in names], place)
    return table_inputs(card.columns or [], columns, place=place)


def table_inputs(
    needed: Sequence[Column], columns: Mapping[str, Sequence[Any]], *, place: Place
) -> Inputs:
    """Reads the columns of a table; see `inputs_of`."""
    _require([column.name for column in needed], columns)
    problems: dict[int, DataError] = {}
    values: dict[str, NDArray[Any]] = {}
    numbers = [column for column in needed if column.reading.kind == "number"]
    plain = read_plain_columns(
        [column.reading for column in numbers], [columns[column.name] for column in numbers]
    )
    read = {} if plain is None else dict(zip((one.name for one in numbers), plain, strict=True))
    for column in needed:
        own = columns[column.name]
        if column.name in read:
            arrays: Sequence[NDArray[Any]] = [read[column.name]]
        elif column.reading.takes_text:
            arrays = [_categories(column, own)]
        elif column.reading.kind == "number":
            arrays = [_numbers(column, own, place, problems)]
        else:
            arrays = _read(column, [_as_text(value, column) for value in own], place, problems)
        for name, array in zip(column.inputs, arrays, strict=True):
            values[name] = array.reshape(-1, 1)
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
    if isinstance(values, Encoded):
        return _read(column, values, place, problems)[0]
    entries = [value if isinstance(value, str) else _as_number(value) for value in values]
    texts = ["" if isinstance(value, float) else str(value) for value in entries]
    (result,) = _read(column, texts, place, problems)
    for row, value in enumerate(entries):
        if isinstance(value, float):
            result[row] = value
    return result


def _read(
    column: Column, cells: Sequence[str], place: Place, problems: dict[int, DataError]
) -> list[NDArray[np.float64]]:
    def on_error(row: int, error: DataError) -> None:
        problems.setdefault(row, error)

    return read_numbers(
        column.reading,
        cells,
        place=lambda row: f"{place(row)}, column {column.name}",
        on_error=on_error,
    )


def _as_number(value: Any) -> float | str:
    """A value of Python or pandas as a finite number or NaN; as a text if it is something else."""
    if _is_missing(value):
        return math.nan
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, _NUMBERS):
        return str(value)
    read = float(value)
    return read if math.isfinite(read) else str(value)


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _categories(column: Column, values: Sequence[Any]) -> NDArray[np.object_]:
    """Texts, known or not, as objects: NumPy's strings would all take the longest one's memory."""
    return np.array([_as_text(value, column) for value in values], dtype=object)


def _as_text(value: Any, column: Column) -> str:
    """A value as the CSV would hold it. The model itself strips spaces and knows missing values."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):  # what TensorFlow makes of text
        return value.decode()
    if _is_missing(value):
        return ""
    if isinstance(value, list | tuple | set | np.ndarray) and column.reading.kind == "labels":
        return str(column.reading.settings["separator"]).join(map(str, value))
    if isinstance(value, datetime):
        form = column.reading.settings.get("format", ISO)
        return value.isoformat() if form == ISO else value.strftime(form)
    text = str(value)
    is_whole = isinstance(value, (float, np.floating)) and float(value).is_integer()
    if is_whole and text not in (column.levels or ()):
        return str(int(value))  # pandas makes floats of whole numbers if one of them is missing
    return text


def _images(
    pixels: Pixels, names: Sequence[str], columns: Sequence[Sequence[Any]], place: Place
) -> Inputs:
    rows = list(zip(*columns, strict=True))
    count = math.prod(pixels.shape)
    in_one_cell = len(names) == 1 and count > 1
    result = np.zeros((len(rows), count), dtype=pixels.dtype)
    problems = {}
    for row, cells in enumerate(rows):
        if in_one_cell:
            read: list[float | None] = list(split(str(cells[0]).strip()) or [])
        else:
            read = [_number(cell) for cell in cells]
        wrong = next((i for i, value in enumerate(read) if not _is_pixel(value, pixels)), None)
        if wrong is None and len(read) == count:
            result[row] = np.array(read, dtype=pixels.dtype)
        elif in_one_cell and len(read) != count:
            problems[row] = DataError(
                f"{place(row)}, column {names[0]}: the cell does not hold the pixels of an image",
                received=quoted(str(cells[0])),
                expected=f"Expected: {count:,} numbers",
            )
        else:
            at = 0 if in_one_cell else wrong or 0
            problems[row] = DataError(
                f"{place(row)}, column {names[at]}: the value is not a pixel",
                received=quoted(str(cells[at])),
                expected=f"Expected: {_expected(pixels)}",
            )
    return Inputs(result.reshape(-1, *pixels.shape), len(rows), problems)


def _number(cell: Any) -> float | None:
    """A cell as a number. None if it is not one."""
    value = _as_number(float(cell) if isinstance(cell, str) and is_number(cell) else cell)
    return value if isinstance(value, float) else None


def _is_pixel(value: float | None, pixels: Pixels) -> bool:
    if value is None or not 0 <= value <= pixels.maximum:
        return False
    return pixels.dtype != "uint8" or value.is_integer()


def _expected(pixels: Pixels) -> str:
    kind = "a whole number" if pixels.dtype == "uint8" else "a number"
    return f"{kind} from 0 to {pixels.maximum}"


def pixels_of(card: ModelCard, images: Any) -> Inputs:
    """Checks an array of images.

    Args:
        images: `(rows, *shape)` or one image `(*shape)`; a last dimension of 1 may be missing.

    Raises:
        PipelineError: the shape is wrong, or a value is not a pixel.
    """
    assert card.pixels is not None
    shape, maximum = tuple(card.pixels.shape), card.pixels.maximum
    are_whole = card.pixels.dtype == "uint8"
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
        (array >= 0) & (array <= maximum) & ((array == np.floor(array)) | (not are_whole))
    ):
        low, high = (array.min(), array.max()) if array.size else (0, 0)
        raise PipelineError(
            "the images hold values that are not pixels",
            received=f"{array.dtype} from {low} to {high}",
            expected=f"Expected: {'whole ' * are_whole}numbers from 0 to {maximum}",
        )
    return Inputs(array.astype(card.pixels.dtype), len(array), {})
