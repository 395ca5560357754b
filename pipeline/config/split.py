"""Settings of a split: which rows are for training, validation and testing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from pipeline.config.rules import LARGEST_COUNT, require_at_most
from pipeline.errors import ConfigError, require


class SplitMethod(Enum):
    """How validation and test rows are chosen.

    `random` draws them, `stratified` draws the same share of each class, and `group` draws whole
    groups. `time` takes the newest rows, `first` the first rows in order, and `last` the last ones.
    `kfold` tests one of several equal parts. `column` reads the split of each row from a column.
    `whole` uses all rows for each split. It suits a truth table, because its rows are all that
    there is to learn.
    """

    random = "random"
    stratified = "stratified"
    group = "group"
    time = "time"
    kfold = "kfold"
    first = "first"
    last = "last"
    column = "column"
    whole = "whole"


class Duplicates(Enum):
    """How to treat rows that are equal in all features and in the target.

    `keep` splits them like other rows, `drop` leaves out all but the first, and `together` puts all
    of them into one split.
    """

    keep = "keep"
    drop = "drop"
    together = "together"


FOLDS = 5
SPLITS = ("train", "validation", "test")
# Usual names of splits in the cells of a column, in lower case.
USUAL_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "publictest": "validation",
    "test": "test",
    "testing": "test",
    "privatetest": "test",
}

_DRAWING = (SplitMethod.random, SplitMethod.stratified, SplitMethod.group, SplitMethod.kfold)
_USERS = {  # the methods that read a setting
    "group": (SplitMethod.group, SplitMethod.kfold),
    "time": (SplitMethod.time,),
    "column": (SplitMethod.column,),
    "levels": (SplitMethod.column,),
    "folds": (SplitMethod.kfold,),
    "fold": (SplitMethod.kfold,),
}


@dataclass
class SplitSettings:
    """How rows are split.

    A size below 1 is a fraction, a size from 1 is a number of rows.

    Args:
        method: the default is `time`, `kfold`, `column` or `group` if one of their settings is set.
            Otherwise it is `stratified` for classes and `random` for numbers.
        test: the default is the source's own test split if it has one, else 0.2.
        validation: the size of the validation split, taken from the rows that are not for testing.
        group: a column. Rows of one group are never in two splits.
        time: a column of numbers or ISO dates. The newest rows are for testing, and the newest of
            the others for validation.
        column: a column that names the split of each row. A split that it never names is drawn.
        levels: the split of each of its levels: `train`, `validation` or `test`. Usual names, such
            as `Training` and `val`, need no setting.
        folds: the number of parts for `kfold`, by default 5.
        fold: the part that is tested, from 0 to `folds` - 1, by default 0.
        duplicates: what happens to equal rows.
    """

    method: SplitMethod | None = None
    test: float | None = None
    validation: float = 0.2
    seed: int = 42
    group: str | None = None
    time: str | None = None
    column: str | None = None
    levels: dict[str, str] | None = None
    folds: int | None = None
    fold: int | None = None
    duplicates: Duplicates = Duplicates.keep

    def __post_init__(self) -> None:
        self._require_sizes()
        require(
            0 <= self.seed < 2**32,
            "data.split.seed",
            received=self.seed,
            expected="an integer from 0 to 4,294,967,295",
        )
        for level, split in (self.levels or {}).items():
            require(
                split in SPLITS,
                f"data.split.levels.{level}",
                received=split,
                expected=" or ".join(SPLITS),
            )
        self.method = self.method or self._method_of_settings()
        if self.method is not None:
            self._require_agreement(self.method)
        if self.method is SplitMethod.kfold:
            self.folds = FOLDS if self.folds is None else self.folds
            self.fold = 0 if self.fold is None else self.fold
            self._require_folds(self.folds, self.fold)

    @property
    def columns(self) -> dict[str, str]:
        """The columns that decide the split, by setting."""
        columns = {"group": self.group, "time": self.time, "column": self.column}
        return {key: column for key, column in columns.items() if column is not None}

    @property
    def is_drawn(self) -> bool:
        """Whether the split depends on `seed`."""
        return self.method in (None, *_DRAWING)

    def _method_of_settings(self) -> SplitMethod | None:
        if self.time is not None:
            return SplitMethod.time
        if self.folds is not None or self.fold is not None:
            return SplitMethod.kfold
        if self.column is not None:
            return SplitMethod.column
        return None if self.group is None else SplitMethod.group

    def _require_sizes(self) -> None:
        for key, size in (("test", self.test), ("validation", self.validation)):
            if size is not None:
                require(
                    0 < size < 1 or (1 <= size < math.inf and size == int(size)),
                    f"data.split.{key}",
                    received=size,
                    expected="a fraction below 1 or a number of rows",
                )
                require_at_most(f"data.split.{key}", size, LARGEST_COUNT)

    def _require_agreement(self, method: SplitMethod) -> None:
        """Checks that the method has the settings that it needs, and no others."""
        name = method.value
        by_column = (SplitMethod.group, SplitMethod.time, SplitMethod.column)
        if method in by_column and name not in self.columns:
            raise ConfigError(
                f"data.split.{name}",
                f"is missing, and data.split.method is {name}",
                expected=f"Name a column: data.split.{name}=<column>",
            )
        for key, methods in _USERS.items():
            value = getattr(self, key)
            if value is not None and method not in methods:
                raise ConfigError(
                    f"data.split.{key}",
                    f"has no effect, because data.split.method is {name}",
                    received=value,
                    expected=f"Set the method {_either(methods)}, or remove data.split.{key}",
                )
        if method is SplitMethod.kfold and self.test is not None:
            raise ConfigError(
                "data.split.test",
                "has no effect, because each fold of kfold is tested",
                received=f"{self.test:g}",
                expected="Remove it, or set data.split.test=null on the command line",
            )
        self._require_duplicates_that_suit(method)

    def _require_duplicates_that_suit(self, method: SplitMethod) -> None:
        unsuitable = {
            Duplicates.keep: (),
            Duplicates.drop: (SplitMethod.whole,),
            Duplicates.together: tuple(one for one in SplitMethod if one not in _DRAWING),
        }
        if method in unsuitable[self.duplicates]:
            suitable = [one for one in SplitMethod if one not in unsuitable[self.duplicates]]
            raise ConfigError(
                "data.split.duplicates",
                f"does not suit data.split.method {method.value}",
                received=self.duplicates.value,
                expected=f"Set it to keep, or the method to {_either(suitable)}",
            )

    @staticmethod
    def _require_folds(folds: int, fold: int) -> None:
        require(
            2 <= folds <= LARGEST_COUNT,
            "data.split.folds",
            received=folds,
            expected="two or more folds",
        )
        require(
            0 <= fold < folds,
            "data.split.fold",
            received=fold,
            expected=f"a number from 0 to {folds - 1:,}, because there are {folds:,} folds",
        )


def _either(methods: Sequence[SplitMethod]) -> str:
    """`time`, `group or kfold`, or `random, stratified or group`."""
    *others, last = (method.value for method in methods)
    return f"{', '.join(others)} or {last}" if others else last
