"""Which rows are for training, which for validation and which for the test: pure functions of the settings.

Every part keeps the order of the source, so that a part of the same rows is the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Split, SplitMethod
from pipeline.errors import ConfigError

TEST = 0.2  # of the rows, where neither the settings nor the source name a test part
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """Row numbers of each part, ascending; no row is in two of them, but where each part is the whole."""

    train: Rows
    validation: Rows
    test: Rows

    def items(self) -> list[tuple[str, Rows]]:
        return [("train", self.train), ("validation", self.validation), ("test", self.test)]


def split_rows(
    rows: int,
    settings: Split,
    *,
    labels: NDArray[np.int32] | None,
    classes: Sequence[str] = (),
    own_test: Rows | None,
) -> Parts:
    """Parts rows 0 to `rows - 1`.

    Args:
        labels: the class number of each of these rows, of which `classes` holds the names; None for a regression.
        own_test: the row numbers of the source's own test part, which is then the test.

    Raises:
        ConfigError: a part would be empty, a class has fewer rows than there are parts to stratify, or a test
            part is asked for beside the source's own.
    """
    if own_test is not None and settings.test is not None:
        raise ConfigError(
            "data.split.test",
            "is given, and the source has its own test part",
            received=f"{settings.test:g}",
            expected="Leave it out: test rows are never pooled with training rows",
        )
    if settings.method is SplitMethod.whole:
        _check_whole(settings, own_test)
        every = np.arange(rows, dtype=np.int64)
        return Parts(every, every, every)
    method = settings.method or (SplitMethod.random if labels is None else SplitMethod.stratified)
    if method is SplitMethod.stratified and labels is not None:
        _check_classes(labels, classes, parts=3 if own_test is None else 2)
    left = np.arange(rows, dtype=np.int64)
    test = own_test
    if test is None:
        size = _size(TEST if settings.test is None else settings.test, rows, "data.split.test")
        test, left = _drawn(left, size, method, labels, seed=settings.seed, key="data.split.test")
    size = _size(settings.validation, len(left), "data.split.validation")
    validation, train = _drawn(
        left, size, method, labels, seed=settings.seed, key="data.split.validation"
    )
    return Parts(train, validation, test)


def _check_whole(settings: Split, own_test: Rows | None) -> None:
    if own_test is not None or settings.test is not None:
        received = (
            "a source with a test part"
            if settings.test is None
            else f"data.split.test={settings.test:g}"
        )
        raise ConfigError(
            "data.split.method",
            "takes all rows for each part",
            received=received,
            expected="Expected: random, stratified or first",
        )


def _size(asked: float, rows: int, key: str) -> int:
    size = round(asked * rows) if asked < 1 else int(asked)
    if not 0 < size < rows:
        raise ConfigError(
            key,
            "leaves a part without rows",
            received=f"{asked:g} of {rows:,} row{'' if rows == 1 else 's'}",
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
    """`size` of the rows, and the others; scikit-learn draws, so that a seed gives the split it gives elsewhere."""
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
            "cannot be stratified",
            received=str(error).rstrip("."),
            expected="Use data.split.method: random",
        ) from error
    return np.sort(chosen), np.sort(others)


def _check_classes(labels: NDArray[np.int32], classes: Sequence[str], *, parts: int) -> None:
    counts = np.bincount(labels, minlength=len(classes))
    for name, count in zip(classes, counts, strict=True):
        if 0 < count < parts:
            raise ConfigError(
                "data.split.method",
                f"cannot be stratified: class {name} has too few rows",
                received=f"{count} row{'' if count == 1 else 's'}",
                expected=f"Expected: at least {parts} of each class, or data.split.method: random",
            )
