"""Remarks: what may make results on prepared data misleading, each in one line."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.config.split import Duplicates, SplitMethod
from pipeline.data.arrays import guessed_shape
from pipeline.data.preparing.splits import Splits, asked_of, size_of
from pipeline.data.spool import Stored

_MOST_NAMES = 10
_FEWEST_PIXELS, _WHITE = 64, 255
_FAR_FROM_ASKED = 0.1
_OVERLAP = {
    "equal": "equal a training row",
    "other_target": "equal a training row except for the target",
    "near": "nearly equal a training row",
}


def of_pixels(numeric: Mapping[str, NDArray[np.float64] | Stored]) -> Iterator[str]:
    """A remark on columns of a table that look like the pixels of images.

    Args:
        numeric: the numbers of each column, NaN where one is missing.
    """
    shape = guessed_shape(len(numeric))
    if len(numeric) < _FEWEST_PIXELS or shape is None:
        return
    greatest = 0.0
    for column in numeric.values():
        values = np.asarray(column)
        whole = (values >= 0) & (values <= _WHITE) & (values == np.floor(values))
        if not whole.all():
            return
        greatest = max(greatest, float(values.max()))
    if greatest > 1:
        yield (
            f"{len(numeric):,} columns hold whole numbers from 0 to {greatest:g}, as pixels do. If "
            f"the rows are images, set image_shape: {list(shape)} in the source's settings"
        )


def of_order(
    data: Data, target: str, *, whole_file: bool, used_rows: bool, rows: int
) -> Iterator[str]:
    """Remarks on rows that are sorted by a target.

    Args:
        target: its name.
        whole_file: whether all rows of the file are sorted.
        used_rows: whether the rows that `data.rows` leaves are sorted.
        rows: the number of rows of the file.
    """
    if whole_file and data.rows is not None and data.rows < rows:
        yield (
            f"the rows are sorted by {target}, and data.rows takes the first {data.rows:,} of "
            f"{rows:,}. To draw them, set data.sample instead"
        )
    method = data.split.method
    if used_rows and method in (SplitMethod.first, SplitMethod.last):
        yield (
            f"the rows are sorted by {target}, and data.split.method: {method.value} tests "
            f"and validates on the {method.value} ones. Set another method, such as random"
        )


def of_classes(counts: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """A remark on classes that a split lacks.

    Args:
        counts: the number of rows by split and class.
    """
    missing = {
        split: [name for name, count in by_class.items() if count == 0]
        for split, by_class in counts.items()
    }
    words = {"train": "training"}
    lacks = [
        f"no {words.get(split, split)} row is of class {_listed(names)}"
        for split, names in missing.items()
        if names
    ]
    if lacks:
        yield "; ".join(lacks)


def of_labels(counts: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """A remark for each split in which no row has a label.

    Args:
        counts: the rows that have each label, by split.
    """
    words = {"train": "training"}
    for split, by_label in counts.items():
        missing = [name for name, count in by_label.items() if count == 0]
        if missing:
            yield f"no {words.get(split, split)} row has the label {_listed(missing)}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    listed = ", ".join(names[:_MOST_NAMES])
    return f"{listed} and {more:,} others" if more > 0 else listed


def of_sizes(data: Data, splits: Splits, *, drawn_test: bool) -> Iterator[str]:
    """A remark for each split that misses its size by far, because rows stay together.

    Args:
        drawn_test: whether the test split was chosen from the rows. Some sources have their own.
    """
    whole = {SplitMethod.group: "group", SplitMethod.time: "time"}.get(data.split.method)  # type: ignore[arg-type]
    if whole is None:
        return
    rest = len(splits.train) + len(splits.validation)
    drawn = [("test", splits.test, rest + len(splits.test))] if drawn_test else []
    for split, rows, of in [*drawn, ("validation", splits.validation, rest)]:
        asked = size_of(asked_of(data.split, split), of)
        if abs(len(rows) - asked) > _FAR_FROM_ASKED * asked:
            yield (
                f"the {split} split has {len(rows):,} rows instead of {asked:,}, because rows of "
                f"the same {whole} stay together"
            )


def of_overlap(
    overlap: Mapping[str, Mapping[str, int]],
    rows: Mapping[str, int],
    data: Data,
    *,
    drawn_test: bool,
) -> Iterator[str]:
    """A remark on rows that validation and test share with training.

    Args:
        overlap: as `pipeline.data.preparing.overlap` counts them.
        rows: the number of rows of each split.
        drawn_test: whether the test split was chosen from the rows.
    """
    findings = [
        f"{' and '.join(shares)} {what}"
        for kind, what in _OVERLAP.items()
        if (shares := list(_shares(kind, overlap, rows)))
    ]
    if findings:
        yield "; ".join(findings) + _advice(overlap, data, drawn_test)


def _advice(overlap: Mapping[str, Mapping[str, int]], data: Data, drawn_test: bool) -> str:
    if data.split.duplicates is not Duplicates.keep:
        return ""
    if not any(counts["equal"] for counts in overlap.values()):
        return ""
    # Rows of the source's own test split cannot move to where their copies are.
    can_stay_together = drawn_test or not overlap["test"]["equal"]
    return f". To change this, set data.split.duplicates: drop{' or together' * can_stay_together}"


def _shares(
    kind: str, overlap: Mapping[str, Mapping[str, int]], rows: Mapping[str, int]
) -> Iterator[str]:
    for split, counts in overlap.items():
        if counts[kind]:
            sampled = kind == "near" and counts["compared"] < _comparable(counts, rows[split])
            of = f"{counts['compared']:,} compared" if sampled else f"{rows[split]:,}"
            yield f"{counts[kind]:,} of {of} {split} rows"


def _comparable(counts: Mapping[str, int], rows: int) -> int:
    return rows - counts["equal"] - counts["other_target"]
