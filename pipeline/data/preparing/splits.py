"""Splits: which rows are for training, validation and testing.

The same settings give the same splits. A split keeps the order of the source, so equal splits have
equal bytes.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.split import SPLITS, Duplicates, SplitMethod, SplitSettings
from pipeline.data.preparing.drawing import drawn, drawn_by_class
from pipeline.errors import ConfigError, require

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


@dataclass(frozen=True)
class Traits:
    """What a split may depend on. Each array has a value for every row of the source.

    Args:
        labels: class numbers, int32; None for a regression.
        classes: the names of the classes by number.
        groups: the number of a row's group, int64; None without groups.
        times: float64, later ones are larger; None without times.
        copies: the number of the first row that equals a row. None if no row equals another.
        split_numbers: the number in `SPLITS` of the split that a column names for a row, int64.
            None without such a column.
    """

    labels: NDArray[np.int32] | None = None
    classes: Sequence[str] = ()
    groups: Rows | None = None
    times: NDArray[np.float64] | None = None
    copies: Rows | None = None
    split_numbers: Rows | None = None


def split_rows(
    rows: int, settings: SplitSettings, traits: Traits, *, own_test: Rows | None
) -> Splits:
    """Splits the rows from 0 to `rows - 1`.

    Args:
        own_test: the rows of the source's own test split, if it has one.

    Raises:
        ConfigError: a split would be empty, a class has too few rows to stratify, or the settings
            ask for a test split although the source has its own.
    """
    method = method_of(settings, traits)
    _check_own_test(method, settings, own_test)
    usable = np.arange(rows, dtype=np.int64)
    if method is SplitMethod.whole:
        return Splits(usable, usable, usable)
    if settings.duplicates is Duplicates.drop and traits.copies is not None:
        usable = _first_copies(usable, traits.copies, own_test)
    traits = replace(traits, groups=_groups(settings, traits, usable, own_test))
    if method is SplitMethod.column and traits.split_numbers is not None:
        return _by_column(usable, settings, traits, traits.split_numbers, own_test)
    drawing = _Drawing(method, settings.seed, traits)
    drawing.check_classes(usable, splits=_splits_to_fill(settings, own_test))
    rest, test = usable, own_test
    if method is SplitMethod.kfold:
        test, rest = drawing.fold(usable, settings.folds or 0, settings.fold or 0)
    elif test is None:
        test, rest = drawing.draw(usable, asked_of(settings, "test"), "data.split.test", leave=2)
    validation, train = drawing.draw(
        rest, asked_of(settings, "validation"), "data.split.validation", leave=1
    )
    return Splits(train, validation, test)


def _by_column(
    usable: Rows,
    settings: SplitSettings,
    traits: Traits,
    split_numbers: Rows,
    own_test: Rows | None,
) -> Splits:
    """The splits that a column gives. A split without rows is drawn from the training rows."""
    rest, validation, test = (
        usable[split_numbers[usable] == number] for number in range(len(SPLITS))
    )
    key = "data.split.column"
    require(bool(len(rest)), key, received="no training row", expected="a level for train")
    if own_test is not None:
        require(
            not len(test),
            key,
            received=f"{len(test):,} test rows, next to the source's own test split",
            expected="levels for train and validation only",
        )
        test = own_test
    elif len(test):
        require(
            settings.test is None,
            "data.split.test",
            received=settings.test,
            expected="no value, because the column gives the test rows",
        )
    usual = method_of(replace(settings, method=None, column=None, levels=None), traits)
    drawing = _Drawing(usual, settings.seed, traits)
    if not len(validation) or not len(test):
        drawing.check_classes(rest, splits=1 + (not len(validation)) + (not len(test)))
    if not len(test):
        test, rest = drawing.draw(rest, asked_of(settings, "test"), "data.split.test", leave=2)
    if not len(validation):
        size = asked_of(settings, "validation")
        validation, rest = drawing.draw(rest, size, "data.split.validation", leave=1)
    return Splits(rest, validation, test)


def method_of(settings: SplitSettings, traits: Traits) -> SplitMethod:
    """The method of the settings, or the usual one of the task."""
    usual = SplitMethod.random if traits.labels is None else SplitMethod.stratified
    return settings.method or usual


def asked_of(settings: SplitSettings, split: str) -> float:
    """The size of a split that the settings ask for: a fraction, or a number of rows."""
    if split == "validation":
        return settings.validation
    return TEST if settings.test is None else settings.test


def size_of(setting: float, rows: int) -> int:
    """The number of rows of a split, rounded up as scikit-learn's `train_test_split` does."""
    return math.ceil(setting * rows) if setting < 1 else int(setting)


def _check_own_test(method: SplitMethod, settings: SplitSettings, own_test: Rows | None) -> None:
    if method is SplitMethod.whole and (own_test is not None or settings.test is not None):
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
    if own_test is None:
        return
    if settings.test is not None:
        raise ConfigError(
            "data.split.test",
            "is set, but the source has its own test split",
            received=f"{settings.test:g}",
            expected="Remove the setting",
        )
    if method is SplitMethod.kfold:
        raise ConfigError(
            "data.split.method",
            "kfold tests every row once, but the source has its own test split",
            received="kfold",
            expected="Set another method, such as random",
        )


def _first_copies(usable: Rows, copies: Rows, own_test: Rows | None) -> Rows:
    """Leaves out rows that equal an earlier one, or one of the source's own test split."""
    if own_test is not None:
        usable = usable[~np.isin(copies[usable], copies[own_test])]
    _, first = np.unique(copies[usable], return_index=True)
    return usable[np.sort(first)]


def _groups(
    settings: SplitSettings, traits: Traits, usable: Rows, own_test: Rows | None
) -> Rows | None:
    """The groups that a split must not divide. Equal rows are one group if they stay together."""
    groups = traits.groups
    if groups is not None and own_test is not None:
        shared = np.intersect1d(groups[usable], groups[own_test])
        require(
            not len(shared),
            "data.split.group",
            received=f"{len(shared):,} groups that are also in the source's own test split",
            expected="groups of its other rows only. Remove the setting",
        )
    if settings.duplicates is not Duplicates.together or traits.copies is None:
        return groups
    if own_test is not None:
        shared = np.intersect1d(traits.copies[usable], traits.copies[own_test])
        require(
            not len(shared),
            "data.split.duplicates",
            received=f"together, and {len(shared):,} rows of the source's own test split "
            "that equal others",
            expected="keep or drop",
        )
    return traits.copies if groups is None else _joined(groups, traits.copies)


def _joined(before: Rows, after: Rows) -> Rows:
    """Joins groups that share a row under two ways to group rows."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    (_, first), (_, second) = (np.unique(groups, return_inverse=True) for groups in (before, after))
    size = int(first.max() + second.max()) + 2
    edges = coo_array(
        (np.ones(len(first), dtype=np.int8), (first, second + first.max() + 1)), shape=(size, size)
    )
    component: Rows = connected_components(edges, directed=False)[1][first].astype(np.int64)
    return component


def _splits_to_fill(settings: SplitSettings, own_test: Rows | None) -> int:
    """The number of splits that need a row of each class."""
    if settings.method is SplitMethod.kfold:
        return settings.folds or 0
    return 3 if own_test is None else 2


@dataclass(frozen=True)
class _Drawing:
    """Divides rows by one method. All results are in the order of the source.

    Single rows are those that scikit-learn draws with the same seed.
    """

    method: SplitMethod
    seed: int
    traits: Traits

    @property
    def _strata(self) -> NDArray[np.int32] | None:
        """The class of each row, if each split gets the same share of each class."""
        return None if self.method is SplitMethod.random else self.traits.labels

    def check_classes(self, rows: Rows, *, splits: int) -> None:
        """Checks that each class has enough rows for a stratified split."""
        labels = self.traits.labels
        chooses_rows = self.method in (SplitMethod.stratified, SplitMethod.kfold)
        if labels is None or not chooses_rows or self.traits.groups is not None:
            return
        counts = np.bincount(labels[rows], minlength=len(self.traits.classes))
        for name, count in zip(self.traits.classes, counts, strict=True):
            if 0 < count < splits:
                raise ConfigError(
                    "data.split.method",
                    f"{self.method.value} needs more rows of class {name}",
                    received=f"{count} row{'' if count == 1 else 's'}",
                    expected=f"Expected: at least {splits}; or set data.split.method: random",
                )

    def draw(self, rows: Rows, setting: float, key: str, *, leave: int) -> tuple[Rows, Rows]:
        """Chooses rows. Returns them and the others.

        Args:
            setting: how many: a fraction, or a number of rows.
            key: the name of that setting.
            leave: the number of groups that the others need at least.
        """
        size = size_of(setting, len(rows))
        if not 0 < size < len(rows):
            raise ConfigError(
                key,
                "leaves a split without rows",
                received=f"{setting:g} of {len(rows):,} row{'' if len(rows) == 1 else 's'}",
                expected="Expected: at least one row in each of train, validation and test",
            )
        if self.method is SplitMethod.first:
            return rows[:size], rows[size:]
        if self.method is SplitMethod.last:
            return rows[-size:], rows[:-size]
        if self.method is SplitMethod.time and self.traits.times is not None:
            return _newest(rows, size, self.traits.times)
        if self.traits.groups is not None:
            return self._whole_groups(rows, size, self.traits.groups, leave)
        return self._single_rows(rows, size, key)

    def _single_rows(self, rows: Rows, size: int, key: str) -> tuple[Rows, Rows]:
        strata = self._strata
        try:
            chosen = (
                drawn(len(rows), size, seed=self.seed)
                if strata is None
                else drawn_by_class(strata[rows], size, seed=self.seed)
            )
        except ValueError as error:
            raise ConfigError(
                key,
                "is too small or too large to stratify",
                received=str(error),
                expected="Set data.split.method: random",
            ) from error
        return rows[chosen], np.delete(rows, chosen)

    def _whole_groups(self, rows: Rows, size: int, groups: Rows, leave: int) -> tuple[Rows, Rows]:
        """Takes groups in a random order: first those that fit, then those that reduce the error.

        Each class has a size of its own, so that the shares of classes stay similar.
        """
        numbers, index = np.unique(groups[rows], return_inverse=True)
        if len(numbers) <= leave:
            raise ConfigError(
                "data.split.group",
                "has too few groups",
                received=f"{len(numbers)} group{'' if len(numbers) == 1 else 's'} to divide",
                expected="Expected: at least one group in each of train, validation and test",
            )
        strata = self._strata
        sizes = _sizes(index, np.zeros_like(index) if strata is None else strata[rows])
        missing = sizes.sum(axis=0) * size / len(rows)
        waiting = np.random.default_rng(self.seed).permutation(len(numbers))[:-leave].tolist()
        taken: list[int] = []
        for suits in (_fits, _brings_nearer):
            groups_in_order, waiting = waiting, []
            for group in groups_in_order:
                if suits(sizes[group], missing):
                    missing = missing - sizes[group]
                    taken.append(group)
                else:
                    waiting.append(group)
        if not taken:  # each group is more than twice as large as the split
            taken.append(waiting[np.abs(missing - sizes[waiting]).sum(axis=1).argmin()])
        chosen = np.isin(index, taken)
        return rows[chosen], rows[~chosen]

    def fold(self, rows: Rows, folds: int, fold: int) -> tuple[Rows, Rows]:
        """Chooses one of several equal parts. Returns it and the others."""
        strata, groups = self._strata, self.traits.groups
        try:
            with warnings.catch_warnings():
                # The warning is about a class with fewer rows than folds. `prepare` has its own.
                warnings.simplefilter("ignore", UserWarning)
                parts = list(
                    self._folds(folds).split(
                        rows,
                        None if strata is None else strata[rows],
                        None if groups is None else groups[rows],
                    )
                )
        except ValueError as error:
            raise ConfigError(
                "data.split.folds",
                "is too large for these rows",
                received=str(error).rstrip("."),
                expected="Choose fewer folds",
            ) from error
        others, chosen = parts[fold]
        return rows[chosen], rows[others]

    def _folds(self, folds: int) -> Any:
        from sklearn import model_selection

        kinds = {
            (False, False): model_selection.KFold,
            (False, True): model_selection.GroupKFold,
            (True, False): model_selection.StratifiedKFold,
            (True, True): model_selection.StratifiedGroupKFold,
        }
        kind = kinds[self._strata is not None, self.traits.groups is not None]
        return kind(n_splits=folds, shuffle=True, random_state=self.seed)


def _newest(rows: Rows, size: int, times: NDArray[np.float64]) -> tuple[Rows, Rows]:
    """Divides rows at a point in time, so that rows of the same time stay together.

    The number of newer rows comes as near to the size as possible.
    """
    moments, counts = np.unique(times[rows], return_counts=True)
    if len(moments) == 1:
        raise ConfigError(
            "data.split.time",
            "leaves a split without rows, because rows of the same time stay together",
            received=f"one time in all {len(rows):,} rows",
            expected="Expected: at least three different times",
        )
    newer = counts[::-1].cumsum()[:-1]  # rows from each moment on
    first = moments[::-1][np.abs(newer - size).argmin()]
    chosen = times[rows] >= first
    return rows[chosen], rows[~chosen]


def _sizes(index: Rows, kinds: NDArray[Any]) -> NDArray[np.float64]:
    """The number of rows of each group and kind, shape (groups, kinds)."""
    sizes = np.zeros((index.max() + 1, kinds.max() + 1))
    np.add.at(sizes, (index, kinds), 1)
    return sizes


def _fits(sizes: NDArray[np.float64], missing: NDArray[np.float64]) -> bool:
    return bool((sizes <= missing + 0.5).all())


def _brings_nearer(sizes: NDArray[np.float64], missing: NDArray[np.float64]) -> bool:
    return bool(np.abs(missing - sizes).sum() < np.abs(missing).sum())
