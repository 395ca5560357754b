"""Settings of a data variant: which rows and columns of a source, split how. One `conf/data/<name>.yaml` each."""

from dataclasses import dataclass, field
from enum import Enum

from omegaconf import MISSING

from pipeline.config.rules import is_name
from pipeline.errors import require


class Task(Enum):
    """What a model is asked for: one of several classes, or a number."""

    classification = "classification"
    regression = "regression"


class SplitMethod(Enum):
    """How validation and test rows are chosen."""

    random = "random"
    stratified = "stratified"
    first = "first"
    whole = "whole"


@dataclass
class Split:
    """Sizes below 1 are fractions, whole numbers from 1 are counts of rows.

    `test: null` takes the source's own test part where it has one, else 0.2. `validation` is taken of what
    the test split leaves. `method: null` stratifies classes and draws numbers at random; `first` takes the
    first rows, in order. `whole` takes all rows for each part, for a truth table where there is nothing to generalise to.
    """

    method: SplitMethod | None = None
    test: float | None = None
    validation: float = 0.2
    seed: int = 42

    def __post_init__(self) -> None:
        for key, size in (("test", self.test), ("validation", self.validation)):
            if size is not None:
                possible = 0 < size < 1 or (size >= 1 and size == int(size))
                require(
                    possible,
                    f"data.split.{key}",
                    received=size,
                    expected="a fraction below 1 or a count of rows",
                )
        require(
            0 <= self.seed < 2**32,
            "data.split.seed",
            received=self.seed,
            expected="an integer from 0 to 4,294,967,295",
        )


@dataclass
class Data:
    """A data variant of a source.

    `source` is the variant's own name unless given. `features` lists the columns to learn from; without it
    all but `target` and `drop` are used. `ratios` adds features, each the quotient of two columns, which may
    be dropped ones. `positive` makes a two-class task: that label against all others. Targets of a regression
    are divided by `target_unit`, and standardised for training alone where `standardize_target`.
    """

    name: str = ""
    source: str = ""
    task: Task = MISSING
    target: str = MISSING
    rows: int | None = None
    features: list[str] | None = None
    drop: list[str] = field(default_factory=list)
    numeric: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    ratios: dict[str, list[str]] = field(default_factory=dict)
    positive: str | None = None
    target_unit: float = 1.0
    standardize_target: bool = True
    split: Split = field(default_factory=Split)

    def __post_init__(self) -> None:
        require(
            is_name(self.name),
            "data.name",
            received=self.name,
            expected="lower-case letters, digits and _",
        )
        self.source = self.source or self.name
        if self.rows is not None:
            require(self.rows >= 3, "data.rows", received=self.rows, expected="at least 3 rows")
        require(
            self.target_unit > 0,
            "data.target_unit",
            received=self.target_unit,
            expected="a number above 0",
        )
        for name, operands in self.ratios.items():
            possible = len(operands) == 2 and self.target not in operands
            require(
                possible,
                f"data.ratios.{name}",
                received=operands,
                expected="[numerator, denominator], none of them the target",
            )
        both = sorted(set(self.numeric) & set(self.categorical))
        require(
            not both,
            "data.numeric",
            received=both,
            expected="no column that data.categorical names too",
        )
        listed = self.features or []
        require(
            len(set(listed)) == len(listed),
            "data.features",
            received=listed,
            expected="each column once",
        )
        require(
            self.target not in listed,
            "data.features",
            received=self.target,
            expected="no target among the features",
        )
        dropped = sorted(set(self.drop) & set(listed))
        require(
            not dropped,
            "data.drop",
            received=dropped,
            expected="no column that data.features names too",
        )
        if self.positive is not None:
            require(
                self.task is Task.classification,
                "data.positive",
                received=self.positive,
                expected="task: classification",
            )
        if self.split.method is SplitMethod.stratified:
            require(
                self.task is Task.classification,
                "data.split.method",
                received="stratified",
                expected="random or first for a regression",
            )


@dataclass
class PrepareConfig:
    """What `pipeline.prepare` composes."""

    data: Data = MISSING
