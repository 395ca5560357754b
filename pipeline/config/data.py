"""Settings of a data variant: rows and columns of a source, and their split.

Each data variant is one file `conf/data/<name>.yaml`.
"""

from dataclasses import dataclass, field
from enum import Enum

from omegaconf import MISSING

from pipeline.config.rules import LARGEST_COUNT, NAME, is_name, require_at_most
from pipeline.config.split import SplitMethod, SplitSettings
from pipeline.errors import require


class Task(Enum):
    """What a model predicts: one of several classes, or a number."""

    classification = "classification"
    regression = "regression"


@dataclass
class Data:
    """A data variant of a source.

    Args:
        source: the default is the source with the name of the data variant.
        target: the column to predict.
        rows: use only the first rows of the source.
        features: the columns to learn from. The default is all except `target`, `drop`, and the
            columns that decide the split.
        drop: columns to leave out.
        numeric: columns to read as numbers, whatever they look like.
        categorical: columns to read as categories, whatever they look like.
        ratios: features that are quotients of two columns, by name. The columns may be in `drop`.
        missing_indicators: whether a numeric feature with missing values in training rows gets a
            second feature that says which values are missing.
        positive: makes two classes: this label, and all others.
        target_unit: the targets of a regression are divided by this number.
        standardize_target: whether the targets of a regression are standardised for training.
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
    missing_indicators: bool = True
    positive: str | None = None
    target_unit: float = 1.0
    standardize_target: bool = True
    split: SplitSettings = field(default_factory=SplitSettings)

    def __post_init__(self) -> None:
        require(
            is_name(self.name),
            "data.name",
            received=self.name,
            expected=NAME,
        )
        self.source = self.source or self.name
        if self.rows is not None:
            require(self.rows >= 3, "data.rows", received=self.rows, expected="at least 3 rows")
            require_at_most("data.rows", self.rows, LARGEST_COUNT)
        require(
            self.target_unit > 0,
            "data.target_unit",
            received=self.target_unit,
            expected="a number above 0",
        )
        for name, operands in self.ratios.items():
            require(
                len(operands) == 2 and self.target not in operands,
                f"data.ratios.{name}",
                received=operands,
                expected="[numerator, denominator], without the target",
            )
        both = sorted(set(self.numeric) & set(self.categorical))
        require(
            not both,
            "data.numeric",
            received=both,
            expected="no column that data.categorical also lists",
        )
        features = self.features or []
        require(
            len(set(features)) == len(features),
            "data.features",
            received=features,
            expected="each column once",
        )
        require(
            self.target not in features,
            "data.features",
            received=self.target,
            expected="features without the target",
        )
        dropped = sorted(set(self.drop) & set(features))
        require(
            not dropped,
            "data.drop",
            received=dropped,
            expected="no column that data.features also lists",
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
                expected="another method for a regression, such as random",
            )
        for key, column in self.split.columns.items():
            require(
                column != self.target,
                f"data.split.{key}",
                received=column,
                expected="a column other than the target",
            )


@dataclass
class PrepareConfig:
    """The settings of `pipeline.prepare`."""

    data: Data = MISSING
