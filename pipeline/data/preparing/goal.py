"""What a model predicts for each row, and how the rows are split for it."""

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
from pipeline.data.preparing.summary import class_counts, ranges
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
    target: Target
    classes: list[str] | None
    splits: Splits
    copies: Rows
    statistics: dict[str, Any]


@dataclass(frozen=True)
class Usable:
    """The rows that may be used.

    Args:
        count: so many first rows are split.
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
        given=given_splits(text, split.column, split.levels) if split.column else None,
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
        PipelineError: the rows cannot be split as the settings say.
    """
    if data.positive is not None:
        y, classes = one_against_all(y, classes, data.positive)
    copies = with_target(likes, y)
    traits = replace(traits, labels=y, classes=classes, copies=copies)
    splits = split_rows(usable.count, data.split, traits, own_test=usable.own_test)
    statistics = {"classes": class_counts(y, classes, splits)}
    return Goal(y, Target(data.target), classes, splits, copies, statistics)


def regression_goal(
    data: Data, usable: Usable, values: NDArray[np.float64], likes: Rows, traits: Traits
) -> Goal:
    """Splits the rows of a regression, and scales its target.

    Args:
        values: the target, shape (rows,).
        likes: rows with the same number are equal in their features.

    Raises:
        PipelineError: the rows cannot be split as the settings say.
    """
    copies = with_target(likes, values)
    traits = replace(traits, copies=copies)
    splits = split_rows(usable.count, data.split, traits, own_test=usable.own_test)
    target = fit_target(data, values[splits.train])
    statistics = {"target": ranges(values, splits)}
    return Goal(target.encoded(values), target, None, splits, copies, statistics)
