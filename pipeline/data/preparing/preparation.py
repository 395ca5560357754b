"""Prepares a data variant: writes its arrays to `data/prepared/<data>`.

Rows are split first; statistics are fitted on training rows only.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data, Task
from pipeline.config.split import SplitMethod
from pipeline.config.values import to_values
from pipeline.data.cells import is_number
from pipeline.data.prepared import WEIGHTS, Meta, Table, Target, digest_of
from pipeline.data.preparing import remarks
from pipeline.data.preparing.card import card_of, image_card_of
from pipeline.data.preparing.encoding import encode, fit_table, fit_target
from pipeline.data.preparing.equality import (
    levels_of,
    numbers_of_equal,
    numbers_of_texts,
    with_target,
)
from pipeline.data.preparing.given_splits import given_splits
from pipeline.data.preparing.groups import groups_of
from pipeline.data.preparing.images import Images, read_images
from pipeline.data.preparing.inputs import inputs_of
from pipeline.data.preparing.leaks import remarks_on_leaks
from pipeline.data.preparing.nearness import MOST_PAIRS, Mask, near_images, near_rows
from pipeline.data.preparing.order import is_sorted_by_class, is_sorted_by_number
from pipeline.data.preparing.overlap import overlap
from pipeline.data.preparing.rows import SourceRows, read_rows
from pipeline.data.preparing.splits import Rows, Splits, Traits, split_rows
from pipeline.data.preparing.summary import class_counts, ranges, table_counts
from pipeline.data.preparing.targets import (
    image_labels,
    labels,
    one_against_all,
    quantities,
    row_weights,
)
from pipeline.data.preparing.times import times_of
from pipeline.data.raw import Raw, open_raw
from pipeline.data.tables import TextTable
from pipeline.errors import ConfigError, suggestion
from pipeline.files import digests_below, replacing_folder
from pipeline.layout import PREPARED, RAW

_MOST_COLUMNS = 20  # in an error
_OF_TABLES = (
    "features",
    "numeric",
    "categorical",
    "ordinal",
    "dates",
    "spellings",
    "drop_missing_target",
    "ratios",
)


@dataclass(frozen=True)
class _Goal:
    """What a model predicts for each row, and how the rows are split.

    Args:
        copies: rows with the same number are equal in features and target.
    """

    y: NDArray[Any]
    target: Target
    classes: list[str] | None
    splits: Splits
    copies: Rows
    statistics: dict[str, Any]


@dataclass(frozen=True)
class _Usable:
    """The rows that may be used.

    Args:
        count: so many first rows are split.
        own_test: the rows of the source's own test split; None if it has none.
    """

    count: int
    own_test: Rows | None


@dataclass(frozen=True)
class _Content:
    """All rows of a data variant. Those of the source's own test split come last.

    Args:
        likes: rows with the same number are equal in their features.
        near: tells which rows nearly equal a training row, by row numbers of training and others.
        most_pairs: how many pairs of rows it compares; None for all.
        weights: the weight of each row; None if all count the same.
        leaks: remarks on columns that give the target away.
        file_target: the target of each row of the file to split, also of rows that are not used.
    """

    goal: _Goal
    x: NDArray[Any]
    likes: Rows
    near: Callable[[Rows, Rows], Mask]
    file_target: NDArray[Any]
    most_pairs: int | None = None
    table: Table | None = None
    text: TextTable | None = None
    leaks: list[str] = field(default_factory=list)
    source: SourceRows | None = None
    images: Images | None = None
    weights: NDArray[np.float32] | None = None


def prepare(data: Data, *, raw_root: Path = RAW, root: Path = PREPARED) -> Meta:
    """Writes the arrays and facts of a data variant to `root / data.name`.

    Equal inputs give equal bytes. After an error, the folder is as it was before.

    Raises:
        PipelineError: the settings or the data are invalid.
    """
    raw = open_raw(raw_root / data.source)
    _check_rows(raw, data)
    chosen = _with_usual_column(data, raw)
    content = _images(raw, chosen) if raw.holds_images else _table(raw, chosen)
    content.goal.statistics.update(_examined(raw, chosen, content))
    with replacing_folder(root / data.name) as folder:
        digests = {
            split: _write_split(folder / split, content, rows)
            for split, rows in content.goal.splits.items()
        }
        _write_card(folder, raw, chosen, content)
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
    images = read_images(raw, data)
    y, classes = image_labels(raw, data, images.text, images.notes)
    likes = numbers_of_equal(images.x)
    first = raw.rows[raw.train.name]
    own_test = np.arange(first, len(y), dtype=np.int64) if raw.test else None
    usable = _Usable(min(data.rows or first, first), own_test)
    return _Content(
        _classification(data, usable, y, classes, likes, _traits(images.text, data)),
        images.x,
        likes,
        near=lambda train, others: near_images(images.x[train], images.x[others]),
        file_target=y[:first],
        most_pairs=MOST_PAIRS,
        images=images,
    )


def _with_usual_column(data: Data, raw: Raw) -> Data:
    """The settings, with the column of the source that gives the splits unless they say others."""
    if raw.split_column is None or data.split.method is not None:
        return data
    return replace(data, split=replace(data.split, column=raw.split_column))


def _traits(text: TextTable, data: Data) -> Traits:
    """What the columns of the settings say about the split of each row."""
    split = data.split
    return Traits(
        groups=groups_of(text, split.group) if split.group else None,
        times=times_of(text, split.time) if split.time else None,
        given=given_splits(text, split.column, split.levels) if split.column else None,
    )


def _check_image_settings(raw: Raw, data: Data) -> None:
    if data.task is not Task.classification:
        raise ConfigError(
            "data.task",
            "is invalid for images",
            received="regression",
            expected="Expected: classification",
        )
    if data.target not in raw.columns or raw.target not in (None, data.target):
        label = raw.target or next(name for name in raw.columns if name != raw.file_column)
        raise ConfigError(
            "data.target",
            "is not the label of the images",
            received=data.target,
            expected=f"Expected: {label}",
        )
    for key in _OF_TABLES:
        value = getattr(data, key)
        if value:
            raise ConfigError(
                f"data.{key}",
                "is a setting for tables, and the source holds images",
                received=value,
                expected="Remove the setting",
            )
    columns = {"drop": data.drop} | {
        f"split.{key}": [column] for key, column in data.split.columns.items()
    }
    for key, names in columns.items():
        for name in names:
            if name not in raw.columns:
                raise ConfigError(
                    f"data.{key}",
                    f"names a column that {raw.train} does not have",
                    received=name,
                    expected=suggestion(name, raw.columns[:_MOST_COLUMNS]),
                )


def _table(raw: Raw, data: Data) -> _Content:
    source = read_rows(raw, data)
    text, found = source.text, source.found
    found.require_no_doubt(str(raw.train))
    usable = _Usable(len(text), None)
    if source.own_test is not None:
        usable = _Usable(
            len(text) - source.own_test,
            np.arange(len(text) - source.own_test, len(text), dtype=np.int64),
        )
    inputs = inputs_of(text, list(found.readings.values()), found.operands)
    target = found.target_reading
    likes = numbers_of_equal(levels_of(inputs, rows=len(text)))
    traits = _traits(text, data)
    if data.task is Task.regression:
        goal = _regression(
            data, usable, quantities(text, target, logarithm=data.log_target), likes, traits
        )
    else:
        as_text = data.target in data.categorical
        y, classes = labels(text, target, as_text=as_text)
        goal = _classification(data, usable, y, classes, likes, traits)
    table = fit_table(inputs.take(goal.splits.train), data, path=raw.train)
    goal.statistics.update(table_counts(inputs, table, goal.splits))
    is_class = data.task is Task.classification
    shares_rows = data.split.method is SplitMethod.whole
    leaks = remarks_on_leaks(inputs, goal.y, goal.splits, is_class=is_class)
    x = encode(table, inputs)
    numbers = x[:, : len(table.numeric)]
    if data.task is Task.regression:
        numbers = np.column_stack([numbers, goal.y])
    kinds = numbers_of_equal(levels_of(replace(inputs, numeric={}), rows=len(text)))
    return _Content(
        goal,
        x,
        likes,
        near=lambda train, others: near_rows(numbers, kinds, train, others),
        file_target=_lenient_target(source.file, data),
        table=table,
        text=text,
        leaks=[] if shares_rows else list(leaks),
        source=source,
        weights=None if data.sample_weight is None else row_weights(text, data.sample_weight),
    )


def _lenient_target(file: TextTable, data: Data) -> NDArray[Any]:
    """The target of all rows of a file: NaN for what is no number, because it may not be used."""
    cells = [cell.strip() for cell in file.columns[data.target]]
    if data.task is Task.classification:
        return numbers_of_texts(cells)
    return np.array([float(cell) if is_number(cell) else math.nan for cell in cells])


def _classification(
    data: Data,
    usable: _Usable,
    y: NDArray[np.int32],
    classes: list[str],
    likes: Rows,
    traits: Traits,
) -> _Goal:
    if data.positive is not None:
        y, classes = one_against_all(y, classes, data.positive)
    copies = with_target(likes, y)
    traits = replace(traits, labels=y, classes=classes, copies=copies)
    splits = split_rows(usable.count, data.split, traits, own_test=usable.own_test)
    statistics = {"classes": class_counts(y, classes, splits)}
    return _Goal(y, Target(data.target), classes, splits, copies, statistics)


def _regression(
    data: Data, usable: _Usable, values: NDArray[np.float64], likes: Rows, traits: Traits
) -> _Goal:
    copies = with_target(likes, values)
    traits = replace(traits, copies=copies)
    splits = split_rows(usable.count, data.split, traits, own_test=usable.own_test)
    target = fit_target(data, values[splits.train])
    statistics = {"target": ranges(values, splits)}
    return _Goal(target.encoded(values), target, None, splits, copies, statistics)


def _examined(raw: Raw, data: Data, content: _Content) -> dict[str, Any]:
    """The rows that splits share, and remarks on what may make results misleading."""
    goal = content.goal
    lines = [
        *_remarks_on_order(data, content.file_target),
        *remarks.of_classes(goal.statistics.get("classes", {})),
        *remarks.of_sizes(data, goal.splits, drawn_test=raw.test is None),
        *content.leaks,
    ]
    if data.split.method is SplitMethod.whole:
        return {"remarks": lines}
    shared = overlap(
        goal.splits,
        copies=goal.copies,
        likes=content.likes,
        near=content.near,
        most_pairs=content.most_pairs,
    )
    rows = {split: len(numbers) for split, numbers in goal.splits.items()}
    lines += remarks.of_overlap(shared, rows, data, drawn_test=raw.test is None)
    return {"overlap": shared, "remarks": lines}


def _remarks_on_order(data: Data, file_target: NDArray[Any]) -> Iterator[str]:
    is_sorted = is_sorted_by_class if data.task is Task.classification else is_sorted_by_number
    return remarks.of_order(
        data,
        whole_file=is_sorted(file_target),
        used_rows=is_sorted(file_target[: data.rows]),
        rows=len(file_target),
    )


def _write_split(folder: Path, content: _Content, rows: NDArray[np.int64]) -> str:
    """Writes one split and returns its digest."""
    x, y = content.x[rows], content.goal.y[rows]
    folder.mkdir()
    np.save(folder / "x.npy", x, allow_pickle=False)
    np.save(folder / "y.npy", y, allow_pickle=False)
    arrays = [x, y]
    if content.weights is not None:
        arrays.append(content.weights[rows])
        np.save(folder / WEIGHTS, arrays[-1], allow_pickle=False)
    if content.text is not None:
        content.text.write(folder / "rows.csv", rows.tolist())
    return digest_of(*arrays)


def _write_card(folder: Path, raw: Raw, data: Data, content: _Content) -> None:
    """Writes the data card."""
    statistics = content.goal.statistics
    rows = {split: len(rows) for split, rows in content.goal.splits.items()}
    notes = [*raw.notes, *statistics["remarks"]]
    if content.images is not None:
        images = content.images
        card = image_card_of(data, raw, images, rows=rows, notes=[*images.notes, *notes])
        statistics["notes"] = [*images.notes, *card.lines_of_columns()]
    elif content.source is not None:
        card = card_of(
            data,
            content.source,
            columns=raw.columns,
            rows=rows,
            table=content.table,
            unseen=statistics["unseen_levels"],
            notes=notes,
        )
        statistics["notes"] = list(card.lines_of_columns())
    card.save(folder)


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
        pixel_maximum=content.images.maximum if content.images else None,
        pixel_columns=content.images.columns if content.images else None,
        table=content.table,
        statistics=goal.statistics,
        rows={split: len(rows) for split, rows in goal.splits.items()},
        digests=digests,
        files=files,
        source_digests=raw.digests,
    )
