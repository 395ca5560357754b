"""What a model predicts for each row, and how the rows are split for it.

The values of one target have the shape (rows,), those of several targets (rows, targets).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.data.prepared import Target
from pipeline.data.preparing.encoding import fit_target
from pipeline.data.preparing.equality import with_target
from pipeline.data.preparing.given_splits import given_splits
from pipeline.data.preparing.groups import groups_of
from pipeline.data.preparing.splits import Rows, Splits, Traits, split_rows
from pipeline.data.preparing.summary import class_counts, label_counts, ranges
from pipeline.data.preparing.targets import one_against_all
from pipeline.data.preparing.times import times_of
from pipeline.data.tables import TextTable


@dataclass(frozen=True)
class Goal:
    """What a model predicts for each row, and how the rows are split.

    Args:
        copies: rows with the same number are equal in features and target.
    """

    y: NDArray[Any]
    targets: list[Target]
    classes: list[str] | None
    splits: Splits
    copies: Rows
    statistics: dict[str, Any]


@dataclass(frozen=True)
class Usable:
    """The rows that may be used.

    Args:
        count: the number of rows to split. They come first.
        own_test: the rows of the source's own test split; None if it has none.
    """

    count: int
    own_test: Rows | None


def traits_of(text: TextTable, data: Data) -> Traits:
    """What the columns of the settings say about the split of each row."""
    split = data.split
    return Traits(
        groups=groups_of(text, split.group) if split.group else None,
        times=times_of(text, split.time) if split.time else None,
        split_numbers=given_splits(text, split.column, split.levels) if split.column else None,
    )


def classification_goal(
    data: Data,
    usable: Usable,
    y: NDArray[np.int32],
    classes: list[str],
    likes: Rows,
    traits: Traits,
) -> Goal:
    """Splits the rows of a classification.

    Args:
        y: class numbers, shape (rows,).
        likes: rows with the same number are equal in their features.

    Raises:
        PipelineError: a split by the settings is impossible.
    """
    if data.positive is not None:
        y, classes = one_against_all(y, classes, data.positive)
    copies = with_target(likes, y)
    traits = replace(traits, labels=y, classes=classes, copies=copies)
    splits = split_rows(usable.count, data.split, traits, own_test=usable.own_test)
    statistics = {"classes": class_counts(y, classes, splits)}
    return Goal(y, [Target(data.target)], classes, splits, copies, statistics)


def label_goal(
    data: Data,
    usable: Usable,
    y: NDArray[np.int32],
    levels: list[list[str]],
    likes: Rows,
    traits: Traits,
) -> Goal:
    """Splits the rows of several labels.

    Args:
        y: 1 for yes and 0 for no, shape (rows, labels).
        levels: the texts for no and yes of each label.
        likes: rows with the same number are equal in their features.

    Raises:
        PipelineError: a split by the settings is impossible.
    """
    copies = with_target(likes, y)
    splits = split_rows(
        usable.count, data.split, replace(traits, copies=copies), own_test=usable.own_test
    )
    targets = [Target(name, levels=own) for name, own in zip(data.several, levels, strict=True)]
    statistics = {"labels": label_counts(y, data.several, splits)}
    return Goal(y, targets, None, splits, copies, statistics)


def regression_goal(
    data: Data, usable: Usable, values: NDArray[np.float64], likes: Rows, traits: Traits
) -> Goal:
    """Splits the rows of a regression, and scales each of its targets by itself.

    Args:
        values: shape (rows,), or (rows, targets).
        likes: rows with the same number are equal in their features.

    Raises:
        PipelineError: a split by the settings is impossible.
    """
    copies = with_target(likes, values)
    traits = replace(traits, copies=copies)
    splits = split_rows(usable.count, data.split, traits, own_test=usable.own_test)
    columns = dict(zip(data.targets, values.reshape(len(values), -1).T, strict=True))
    targets = [fit_target(name, data, own[splits.train]) for name, own in columns.items()]
    encoded = [target.encoded(columns[target.name]) for target in targets]
    statistics = {"targets": {name: ranges(own, splits) for name, own in columns.items()}}
    y = encoded[0] if len(encoded) == 1 else np.column_stack(encoded)
    return Goal(y, targets, None, splits, copies, statistics)
