"""From `data/raw/<source>` to `data/prepared/<data>`: rows are parted first, and all statistics are of training rows."""

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.composition import to_values
from pipeline.config.data import Data, Task
from pipeline.data.prepared import Meta, Table, Target, digest_of
from pipeline.data.preparing.columns import check_columns, inputs_of
from pipeline.data.preparing.encoding import encode, encode_target, fit_table, fit_target
from pipeline.data.preparing.images import read_images
from pipeline.data.preparing.splits import Parts, split_rows
from pipeline.data.preparing.summary import class_counts, ranges, table_counts
from pipeline.data.preparing.targets import labels, one_against_all, quantities
from pipeline.data.raw import Raw, open_raw
from pipeline.data.tables import Text, read, rows_of
from pipeline.errors import ConfigError, DataError
from pipeline.files import replacing_folder
from pipeline.layout import PREPARED, RAW


@dataclass(frozen=True)
class _Goal:
    """What is predicted of every row, and how the rows are parted."""

    y: NDArray[Any]
    target: Target
    classes: list[str] | None
    parts: Parts
    statistics: dict[str, Any]


@dataclass(frozen=True)
class _Content:
    """All rows of a variant, those of the source's own test part last."""

    goal: _Goal
    x: NDArray[Any]
    table: Table | None = None
    text: Text | None = None


def prepare(data: Data, *, raw_root: Path = RAW, root: Path = PREPARED) -> Meta:
    """Writes the arrays and facts of a data variant to `root / data.name`, whole or not at all; equal inputs, equal bytes.

    Raises:
        PipelineError: the settings or the data cannot be; nothing is then left behind.
    """
    raw = open_raw(raw_root / data.source)
    _check_headers(raw)
    _check_rows(raw, data)
    content = _images(raw, data) if raw.image_shape else _table(raw, data)
    with replacing_folder(root / data.name) as folder:
        digests = {
            split: _write_part(folder / split, content, rows)
            for split, rows in content.goal.parts.items()
        }
        meta = _meta(data, raw, content, digests)
        meta.save(folder)
    return meta


def _check_headers(raw: Raw) -> None:
    """Both files must have the columns that `provenance.json` names, in that order."""
    for path in filter(None, (raw.train, raw.test)):
        _, columns = next(rows_of(path, shown_as=str(path)))
        for number, (received, expected) in enumerate(
            zip_longest(columns, raw.columns, fillvalue="nothing"), start=1
        ):
            if received != expected:
                raise DataError(
                    f"{path}, line 1: column {number} is not that of the source",
                    received=received,
                    expected=f"Expected: {expected}",
                )


def _check_rows(raw: Raw, data: Data) -> None:
    rows = raw.rows[raw.train.name]
    if data.rows is not None and data.rows > rows:
        raise ConfigError(
            "data.rows",
            "is more than there are",
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
            "is not possible for images",
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
                "is for tables alone",
                received=value,
                expected="Leave it out for images",
            )


def _table(raw: Raw, data: Data) -> _Content:
    check_columns(data, raw.columns, shown_as=str(raw.train))
    text = read(raw.train).first(data.rows)
    if raw.test is not None:
        text = text.followed_by(read(raw.test))
    inputs = inputs_of(text, data)
    if data.task is Task.regression:
        goal = _regression(raw, data, quantities(text, data.target))
    else:
        goal = _classification(raw, data, *labels(text, data.target))
    table = fit_table(inputs.take(goal.parts.train), data.ratios, shown_as=str(raw.train))
    goal.statistics.update(table_counts(text, inputs, table, goal.parts))
    return _Content(goal, encode(table, inputs), table, text)


def _classification(raw: Raw, data: Data, y: NDArray[np.int32], classes: list[str]) -> _Goal:
    if data.positive is not None:
        y, classes = one_against_all(y, classes, data.positive)
    usable, own_test = _usable(raw, data, len(y))
    parts = split_rows(usable, data.split, labels=y[:usable], classes=classes, own_test=own_test)
    return _Goal(
        y, Target(data.target), classes, parts, {"classes": class_counts(y, classes, parts)}
    )


def _regression(raw: Raw, data: Data, values: NDArray[np.float64]) -> _Goal:
    usable, own_test = _usable(raw, data, len(values))
    parts = split_rows(usable, data.split, labels=None, own_test=own_test)
    target = fit_target(
        data.target, values[parts.train], unit=data.target_unit, standardize=data.standardize_target
    )
    return _Goal(
        encode_target(target, values), target, None, parts, {"target": ranges(values, parts)}
    )


def _usable(raw: Raw, data: Data, total: int) -> tuple[int, NDArray[np.int64] | None]:
    """How many of the first rows are parted, and which rows are the source's own test part."""
    first = total - (raw.rows[raw.test.name] if raw.test else 0)
    own_test = np.arange(first, total, dtype=np.int64) if raw.test else None
    return min(data.rows or first, first), own_test


def _write_part(folder: Path, content: _Content, rows: NDArray[np.int64]) -> str:
    """Writes one split and returns its digest."""
    x, y = content.x[rows], content.goal.y[rows]
    folder.mkdir()
    np.save(folder / "x.npy", x, allow_pickle=False)
    np.save(folder / "y.npy", y, allow_pickle=False)
    if content.text is not None:
        content.text.write(folder / "rows.csv", rows.tolist())
    return digest_of(x, y)


def _meta(data: Data, raw: Raw, content: _Content, digests: dict[str, str]) -> Meta:
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
        table=content.table,
        statistics=goal.statistics,
        rows={split: len(rows) for split, rows in goal.parts.items()},
        digests=digests,
        source_digests=raw.digests,
    )
