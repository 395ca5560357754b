"""Prepares a data variant: writes its arrays to `data/prepared/<data>`.

Rows are split first; statistics are fitted on training rows only.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data, Task
from pipeline.config.values import to_values
from pipeline.data import tables
from pipeline.data.prepared import Meta, Table, Target, digest_of
from pipeline.data.preparing.encoding import encode, encode_target, fit_table, fit_target
from pipeline.data.preparing.images import read_images
from pipeline.data.preparing.inputs import check_columns, inputs_of
from pipeline.data.preparing.splits import Splits, split_rows
from pipeline.data.preparing.summary import class_counts, ranges, table_counts
from pipeline.data.preparing.targets import labels, one_against_all, quantities
from pipeline.data.raw import Raw, open_raw
from pipeline.data.tables import TextTable
from pipeline.errors import ConfigError
from pipeline.files import digests_below, replacing_folder
from pipeline.layout import PREPARED, RAW


@dataclass(frozen=True)
class _Goal:
    """What a model predicts for each row, and how the rows are split."""

    y: NDArray[Any]
    target: Target
    classes: list[str] | None
    splits: Splits
    statistics: dict[str, Any]


@dataclass(frozen=True)
class _Content:
    """All rows of a data variant. Those of the source's own test split come last."""

    goal: _Goal
    x: NDArray[Any]
    table: Table | None = None
    text: TextTable | None = None


def prepare(data: Data, *, raw_root: Path = RAW, root: Path = PREPARED) -> Meta:
    """Writes the arrays and facts of a data variant to `root / data.name`.

    Equal inputs give equal bytes. After an error, the folder is as it was before.

    Raises:
        PipelineError: the settings or the data are invalid.
    """
    raw = open_raw(raw_root / data.source)
    _check_rows(raw, data)
    content = _images(raw, data) if raw.image_shape else _table(raw, data)
    with replacing_folder(root / data.name) as folder:
        digests = {
            split: _write_split(folder / split, content, rows)
            for split, rows in content.goal.splits.items()
        }
        meta = _meta(data, raw, content, digests, digests_below(folder))
        meta.save(folder)
    return meta


def _check_rows(raw: Raw, data: Data) -> None:
    rows = raw.rows[raw.train.name]
    if data.rows is not None and data.rows > rows:
        raise ConfigError(
            "data.rows",
            f"is more than the rows of {raw.train}",
            received=data.rows,
            expected=f"Expected: at most {rows:,}",
        )


def _images(raw: Raw, data: Data) -> _Content:
    _check_image_settings(raw, data)
    x, y = read_images(raw, data.target)
    classes = raw.classes or [str(number) for number in range(int(y.max()) + 1)]
    return _Content(_classification(raw, data, y, classes), x)


def _check_image_settings(raw: Raw, data: Data) -> None:
    if data.task is not Task.classification:
        raise ConfigError(
            "data.task",
            "is invalid for images",
            received="regression",
            expected="Expected: classification",
        )
    if data.target not in raw.columns or raw.target not in (None, data.target):
        label = raw.target or raw.columns[0]
        raise ConfigError(
            "data.target",
            "is not the label of the images",
            received=data.target,
            expected=f"Expected: {label}",
        )
    for key in ("features", "drop", "numeric", "categorical", "ratios"):
        if value := getattr(data, key):
            raise ConfigError(
                f"data.{key}",
                "is a setting for tables, and the source holds images",
                received=value,
                expected="Remove the setting",
            )


def _table(raw: Raw, data: Data) -> _Content:
    check_columns(data, raw.columns, path=raw.train)
    text = _read(raw, raw.train).first(data.rows)
    if raw.test is not None:
        text = text.followed_by(_read(raw, raw.test))
    inputs = inputs_of(text, data)
    if data.task is Task.regression:
        goal = _regression(raw, data, quantities(text, data.target))
    else:
        goal = _classification(raw, data, *labels(text, data.target))
    table = fit_table(
        inputs.take(goal.splits.train),
        data.ratios,
        missing_indicators=data.missing_indicators,
        path=raw.train,
    )
    goal.statistics.update(table_counts(text, inputs, table, goal.splits))
    return _Content(goal, encode(table, inputs), table, text)


def _read(raw: Raw, path: Path) -> TextTable:
    text = tables.read(path)
    raw.check_columns(path, list(text.columns))
    return text


def _classification(raw: Raw, data: Data, y: NDArray[np.int32], classes: list[str]) -> _Goal:
    if data.positive is not None:
        y, classes = one_against_all(y, classes, data.positive)
    usable, own_test = _usable(raw, data, len(y))
    splits = split_rows(usable, data.split, labels=y[:usable], classes=classes, own_test=own_test)
    statistics = {"classes": class_counts(y, classes, splits)}
    return _Goal(y, Target(data.target), classes, splits, statistics)


def _regression(raw: Raw, data: Data, values: NDArray[np.float64]) -> _Goal:
    usable, own_test = _usable(raw, data, len(values))
    splits = split_rows(usable, data.split, labels=None, own_test=own_test)
    target = fit_target(
        data.target,
        values[splits.train],
        unit=data.target_unit,
        standardize=data.standardize_target,
    )
    statistics = {"target": ranges(values, splits)}
    return _Goal(encode_target(target, values), target, None, splits, statistics)


def _usable(raw: Raw, data: Data, total: int) -> tuple[int, NDArray[np.int64] | None]:
    """The number of first rows to split, and the rows of the source's own test split."""
    first = total - (raw.rows[raw.test.name] if raw.test else 0)
    own_test = np.arange(first, total, dtype=np.int64) if raw.test else None
    return min(data.rows or first, first), own_test


def _write_split(folder: Path, content: _Content, rows: NDArray[np.int64]) -> str:
    """Writes one split and returns its digest."""
    x, y = content.x[rows], content.goal.y[rows]
    folder.mkdir()
    np.save(folder / "x.npy", x, allow_pickle=False)
    np.save(folder / "y.npy", y, allow_pickle=False)
    if content.text is not None:
        content.text.write(folder / "rows.csv", rows.tolist())
    return digest_of(x, y)


def _meta(
    data: Data, raw: Raw, content: _Content, digests: dict[str, str], files: dict[str, str]
) -> Meta:
    goal = content.goal
    return Meta(
        name=data.name,
        source=data.source,
        task="classification" if data.task is Task.classification else "regression",
        config=to_values(data),
        shape=list(content.x.shape[1:]),
        dtype=content.x.dtype.name,
        target=goal.target,
        classes=goal.classes,
        pixel_maximum=raw.pixel_maximum if raw.image_shape else None,
        pixel_columns=[name for name in raw.columns if name != data.target]
        if raw.image_shape
        else None,
        table=content.table,
        statistics=goal.statistics,
        rows={split: len(rows) for split, rows in goal.splits.items()},
        digests=digests,
        files=files,
        source_digests=raw.digests,
    )
