"""Reads images: their pixels, and what else their sources say about each of them.

Pixels are in arrays if the source has image files, else in the cells of a CSV. pyarrow reads cells
fast. If it fails, Python reads them again to name the line and column.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow
from numpy.typing import NDArray
from pyarrow import compute, csv

from pipeline.config.data import Data
from pipeline.data.arrays import read_array
from pipeline.data.cells import is_number, quoted
from pipeline.data.columns.kinds import numbers
from pipeline.data.csv_files import records
from pipeline.data.places import Origins
from pipeline.data.preparing.pixel_columns import PixelColumns, pixel_columns, shape_of
from pipeline.data.raw import Raw
from pipeline.data.tables import TextTable
from pipeline.errors import DataError

_BLOCK = 16 << 20
_LARGEST = 255
_BRACKETS = "()[]{}"
_BETWEEN = r"\s*[;,|]\s*|\s+"
_IF_SCALED = (
    ". If the pixels have another scale, such as from -1 to 1, change it to 0 to 1. Or remove "
    "image_shape and pixels from the source's settings; each pixel is then a feature of a table"
)
_LOOKED_AT = 5_000  # cells that show whether pixels have fractions


@dataclass(frozen=True)
class Images:
    """The images of a source, first the training rows, then its own test rows.

    Args:
        x: pixels of shape (rows, height, width, channels): uint8, or float32 from 0 to 1.
        maximum: the largest value that a pixel can have.
        text: the columns that hold no pixels.
        columns: the columns of the CSV that hold pixels; None for image files.
        notes: what was done without a setting.
    """

    x: NDArray[Any]
    maximum: int
    text: TextTable
    columns: list[str] | None
    notes: list[str]

    def take(self, rows: NDArray[np.int64]) -> "Images":
        """The images with these row numbers."""
        return replace(self, x=self.x[rows], text=self.text.take(rows))


def read_images(raw: Raw, data: Data) -> Images:
    """Reads the images of a source.

    Raises:
        ConfigError: the settings do not name the pixels.
        DataError: a value is not a pixel.
    """
    paths = [path for path in (raw.train, raw.test) if path is not None]
    if raw.file_column is not None:
        text = [raw.read(path) for path in paths]
        arrays = [read_array(path.with_suffix(".npy")) for path in paths]
        x = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
        return Images(x, raw.pixel_maximum, _joined(text), None, [])
    columns = pixel_columns(raw, data)
    reader = _Reader(raw, columns)
    values, text = reader.values(paths)
    notes = list(columns.notes)
    shape = shape_of(raw, values.shape[1], notes)
    x, maximum = _scaled(values, raw, notes)
    return Images(x.reshape(-1, *shape), maximum, _joined(text), columns.names, notes)


@dataclass(frozen=True)
class _Reader:
    """Reads the pixels and the other columns of CSV files."""

    raw: Raw
    columns: PixelColumns

    def values(self, paths: Sequence[Path]) -> tuple[NDArray[Any], list[TextTable]]:
        """Reads all files as whole numbers if possible, else as fractions."""
        try:
            values, text = self._read(paths, pyarrow.uint8())
        except ValueError:
            values, text = self._fractions(paths)
        if values.max() > self.raw.pixel_maximum:
            raise self._diagnosis(paths, f"the largest number is {values.max():g}")
        return values, text

    def _fractions(self, paths: Sequence[Path]) -> tuple[NDArray[Any], list[TextTable]]:
        try:
            values, text = self._read(paths, pyarrow.float32())
        except ValueError as error:
            raise self._diagnosis(paths, str(error)) from None
        # Each comparison with NaN is false, so NaN is out of range.
        in_range = bool(np.all((values >= 0) & (values <= _LARGEST)))
        if not in_range or (values.max() > 1 and not _are_whole(values)):
            raise self._diagnosis(paths, f"numbers from {values.min():g} to {values.max():g}")
        return values, text

    def _read(
        self, paths: Sequence[Path], kind: pyarrow.DataType
    ) -> tuple[NDArray[Any], list[TextTable]]:
        """Reads all files.

        Raises:
            ValueError: a value is not of the kind, or cells hold different numbers of pixels.
        """
        total = sum(self.raw.rows[path.name] for path in paths)
        x, texts = np.empty((total, 0)), []
        start = 0
        for path in paths:
            columns: dict[str, list[str]] = {name: [] for name in self._others}
            rows = Origins.in_order(path, np.arange(2, self.raw.rows[path.name] + 2))
            for block in self._blocks(path, kind):
                values = self._pixels(block, kind)
                if not start:
                    x = np.empty((total, values.shape[1]), values.dtype)
                x[start : start + len(values)] = values
                start += len(values)
                for name, cells in columns.items():
                    cells += block.column(name).to_pylist()
            texts.append(TextTable(columns, self.raw.origins(path, rows)))
        if start != total:
            raise ValueError(f"{start:,} rows, and provenance.json says {total:,}")
        return x, texts

    @property
    def _others(self) -> list[str]:
        return [name for name in self.raw.columns if name not in set(self.columns.names)]

    def _blocks(self, path: Path, kind: pyarrow.DataType) -> Iterator[pyarrow.RecordBatch]:
        types: dict[str, Any] = dict.fromkeys(self.raw.columns, pyarrow.string())
        if not self.columns.in_one_cell:
            types |= dict.fromkeys(self.columns.names, kind)
        reader = csv.open_csv(
            path,
            read_options=csv.ReadOptions(block_size=_BLOCK),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(column_types=types, null_values=[]),
        )
        with reader:
            self.raw.check_columns(path, reader.schema.names)
            yield from reader

    def _pixels(self, block: pyarrow.RecordBatch, kind: pyarrow.DataType) -> NDArray[Any]:
        """The pixels of some rows, of shape (rows, pixels).

        Raises:
            ValueError: cells hold different numbers of pixels, or something else.
        """
        if not self.columns.in_one_cell:
            array: NDArray[Any] = block.select(self.columns.names).to_tensor().to_numpy()
            return np.ascontiguousarray(array)
        cells = compute.utf8_trim(block.column(self.columns.names[0]), characters=f"{_BRACKETS} ")
        lists = compute.split_pattern_regex(cells, pattern=_BETWEEN)
        lengths = compute.unique(compute.list_value_length(lists))
        if len(lengths) != 1:
            raise ValueError("cells hold different numbers of pixels")
        flat = compute.list_flatten(lists).cast(kind).to_numpy()
        return np.asarray(flat).reshape(len(block), -1)

    def _diagnosis(self, paths: Sequence[Path], problem: str) -> DataError:
        """Reads the files again, value by value, up to the first error."""
        raw = self.raw
        are_fractions = self._are_fractions(paths[0])
        highest = 1 if are_fractions else raw.pixel_maximum
        expected = (
            "Expected: pixels from 0 to 1, as others in the file are"
            if are_fractions
            else f"Expected: a whole number from 0 to {highest}"
        )
        width = None
        for path in paths:
            for place, cell, values in self._cells(path):
                if values is None or not all(
                    0 <= value <= highest and (are_fractions or value == int(value))
                    for value in values
                ):
                    is_negative = values is not None and min(values) < 0
                    return DataError(
                        f"{place}: the value is not a pixel",
                        received=quoted(cell),
                        expected=expected + _IF_SCALED * is_negative,
                    )
                width = len(values) if width is None else width
                if len(values) != width:
                    return DataError(
                        f"{place}: the cell holds another number of pixels than those above",
                        received=f"{len(values):,} pixels",
                        expected=f"Expected: {width:,}. Resize the images, or remove the row",
                    )
        return DataError(f"{paths[0]} cannot be read as images", received=problem)

    def _are_fractions(self, path: Path) -> bool:
        """Whether the first pixels are numbers from 0 to 1, apart from a few."""
        cells = islice(self._cells(path), _LOOKED_AT)
        seen = [value for _, _, values in cells for value in values or ()]
        return bool(seen) and median(seen) <= 1 and any(0 < value < 1 for value in seen)

    def _cells(self, path: Path) -> Iterator[tuple[str, str, list[float] | None]]:
        """Yields the place, the text and the numbers of each cell with pixels."""
        rows = records(path, name=str(path))
        _, names = next(rows)
        self.raw.check_columns(path, names)
        columns = [(names.index(name), name) for name in self.columns.names]
        for line, cells in rows:
            for position, name in columns:
                cell = cells[position]
                if self.columns.in_one_cell:
                    values = numbers.split(cell.strip())
                else:
                    values = [float(cell)] if is_number(cell) else None
                yield f"{path}, line {line}, column {name}", cell, values


def _scaled(values: NDArray[Any], raw: Raw, notes: list[str]) -> tuple[NDArray[Any], int]:
    """Pixels, as whole numbers if that is exact, and their largest possible value.

    Raises:
        DataError: a pixel is larger than `pixel_maximum`.
    """
    largest = float(values.max())
    if values.dtype != np.uint8 and not _are_whole(values):
        whole = np.rint(values * np.float32(_LARGEST))
        if np.array_equal((whole / np.float32(_LARGEST)).astype(np.float32), values):
            notes.append("the pixels from 0 to 1 are whole numbers from 0 to 255, divided by 255")
            return whole.astype(np.uint8), _LARGEST
        notes.append("the pixels are numbers from 0 to 1, and stay so")
        return values, 1
    x = values.astype(np.uint8, copy=False)
    if raw.pixel_maximum == _LARGEST and largest <= 1:
        notes.append("the pixels are 0 or 1, so that 1 is white")
        return x, 1
    if 2 * largest < raw.pixel_maximum:
        notes.append(
            f"the largest pixel is {largest:g} of {raw.pixel_maximum}; if it is white, set "
            f"pixel_maximum: {largest:g} in the source's settings"
        )
    return x, raw.pixel_maximum


def _are_whole(values: NDArray[Any]) -> bool:
    return bool(np.array_equal(values, np.rint(values)))


def _joined(texts: Sequence[TextTable]) -> TextTable:
    return texts[0] if len(texts) == 1 else texts[0].followed_by(texts[1])
