"""Splits: which rows are for training, validation and testing.

The same settings give the same splits. A split keeps the order of the source, so equal splits have
equal bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import SplitMethod, SplitSettings
from pipeline.errors import ConfigError

# The share of test rows if neither the settings nor the source define a test split.
TEST = 0.2

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Splits:
    """The row numbers of each split, ascending.

    Only the method `whole` uses a row twice.
    """

    train: Rows
    validation: Rows
    test: Rows

    def items(self) -> list[tuple[str, Rows]]:
        return [("train", self.train), ("validation", self.validation), ("test", self.test)]


def split_rows(
    rows: int,
    settings: SplitSettings,
    *,
    labels: NDArray[np.int32] | None,
    classes: Sequence[str] = (),
    own_test: Rows | None,
) -> Splits:
    """Splits the rows from 0 to `rows - 1`.

    Args:
        labels: the class number of each row; None for a regression.
        classes: the names of the classes by number.
        own_test: the rows of the source's own test split, if it has one.

    Raises:
        ConfigError: a split would be empty, a class has too few rows to stratify, or the settings
            ask for a test split although the source has its own.
    """
    if own_test is not None and settings.test is not None:
        raise ConfigError(
            "data.split.test",
            "is set, but the source has its own test split",
            received=f"{settings.test:g}",
            expected="Remove the setting",
        )
    if settings.method is SplitMethod.whole:
        _check_whole(settings, own_test)
        every = np.arange(rows, dtype=np.int64)
        return Splits(every, every, every)
    method = settings.method or (SplitMethod.random if labels is None else SplitMethod.stratified)
    if method is SplitMethod.stratified and labels is not None:
        _check_classes(labels, classes, splits=3 if own_test is None else 2)
    rest = np.arange(rows, dtype=np.int64)
    test = own_test
    if test is None:
        size = _size(TEST if settings.test is None else settings.test, rows, "data.split.test")
        test, rest = _drawn(rest, size, method, labels, seed=settings.seed, key="data.split.test")
    size = _size(settings.validation, len(rest), "data.split.validation")
    validation, train = _drawn(
        rest, size, method, labels, seed=settings.seed, key="data.split.validation"
    )
    return Splits(train, validation, test)


def _check_whole(settings: SplitSettings, own_test: Rows | None) -> None:
    if own_test is not None or settings.test is not None:
        received = (
            "a source with a test split"
            if settings.test is None
            else f"data.split.test={settings.test:g}"
        )
        raise ConfigError(
            "data.split.method",
            "whole uses all rows for each split",
            received=received,
            expected="Expected: random, stratified or first",
        )


def _size(setting: float, rows: int, key: str) -> int:
    size = round(setting * rows) if setting < 1 else int(setting)
    if not 0 < size < rows:
        raise ConfigError(
            key,
            "leaves a split without rows",
            received=f"{setting:g} of {rows:,} row{'' if rows == 1 else 's'}",
            expected="Expected: at least one row in each of train, validation and test",
        )
    return size


def _drawn(
    rows: Rows,
    size: int,
    method: SplitMethod,
    labels: NDArray[np.int32] | None,
    *,
    seed: int,
    key: str,
) -> tuple[Rows, Rows]:
    """Draws `size` rows. Returns them and the other rows, both in order.

    scikit-learn draws them, so a seed gives the same rows as other code with scikit-learn.
    """
    if method is SplitMethod.first:
        return rows[:size], rows[size:]
    from sklearn.model_selection import train_test_split

    stratify = None if method is SplitMethod.random or labels is None else labels[rows]
    try:
        others, chosen = train_test_split(
            rows, test_size=size, random_state=seed, stratify=stratify
        )
    except ValueError as error:
        raise ConfigError(
            key,
            "is too small or too large to stratify",
            received=str(error).rstrip("."),
            expected="Set data.split.method: random",
        ) from error
    return np.sort(chosen), np.sort(others)


def _check_classes(labels: NDArray[np.int32], classes: Sequence[str], *, splits: int) -> None:
    counts = np.bincount(labels, minlength=len(classes))
    for name, count in zip(classes, counts, strict=True):
        if 0 < count < splits:
            raise ConfigError(
                "data.split.method",
                f"stratified needs more rows of class {name}",
                received=f"{count} row{'' if count == 1 else 's'}",
                expected=f"Expected: at least {splits}; or set data.split.method: random",
            )
