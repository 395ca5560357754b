"""Settings of a data variant: rows and columns of a source, and their split.

Each data variant is one file `conf/data/<name>.yaml`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain
from typing import Any

from omegaconf import MISSING

from pipeline.config.rules import LARGEST_COUNT, NAME, is_name, require_at_most
from pipeline.config.split import SplitMethod, SplitSettings
from pipeline.errors import require
from pipeline.own.definitions import checked_function


class Task(Enum):
    """What a model predicts: one of several classes, numbers, or any of several labels."""

    classification = "classification"
    regression = "regression"
    multi_label = "multi_label"


@dataclass
class OwnFeature:
    """A feature that a function of the user's own computes; see `docs/your-own-model.md`.

    Args:
        function: such as `my_features.py:bmi`.
        columns: the columns of numbers that it receives, in order. They may be in `drop`.
        arguments: its other arguments, by name.
    """

    function: str = MISSING
    columns: list[str] = MISSING
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass
class LabelList:
    """How a cell holds several labels, such as `action|comedy`.

    Args:
        separator: the text between two labels.
        labels: the labels to use. For a feature, the default is the labels of training rows. A
            target needs the setting, because the model has an output for each label.
    """

    separator: str = MISSING
    labels: list[str] = field(default_factory=list)


@dataclass
class Data:
    """A data variant of a source.

    Args:
        source: the default is the source with the name of the data variant.
        target: the column to predict, or a list of several: numbers of a regression, or columns of
            yes and no for `multi_label`. One column of label lists suits `multi_label` as well.
        rows: use only the first rows of the source.
        features: the columns to learn from. The default is all except `target`, `drop`, and the
            columns that decide the split.
        drop: columns to leave out.
        numeric: columns to read as numbers, whatever they look like.
        categorical: columns to read as categories, whatever they look like. Codes keep their
            leading zeros.
        text: columns of free text. The words of a cell become indicators.
        ordinal: the levels of ordered categories by column, from the lowest to the highest.
        label_lists: columns of label lists. Each label becomes an indicator, or a target.
        dates: the format of dates by column, as in Python's `strftime`.
        spellings: by column, the level that a text means, such as `{M: male}`.
        na_values: texts that stand for a missing value, in addition to the usual ones: a list for
            all columns, or lists by column.
        usual_na_values: whether the usual texts, such as `NA`, stand for a missing value.
        keep_as_level: by column, texts that are levels, although they usually mean missing.
        most_levels: how many levels of a category become indicators. Rarer levels, and levels of
            no training row, have no indicator: all indicators of the category are 0.
        fewest_rows: the training rows that a level needs for an indicator of its own.
        sample_weight: a column of weights: how much a row counts in the training loss.
        log_target: whether the logarithm of a regression's target is learnt.
        sample: use only so many rows of the source, drawn by `split.seed`.
        most_words: how many words of free text become indicators. The words of the most training
            rows are chosen.
        drop_missing_target: whether rows without a target are left out.
        ratios: features that are quotients of two columns, by name. The columns may be in `drop`.
        functions: features that functions of the user's own compute, by name.
        missing_indicators: whether a numeric feature with missing values in training rows gets a
            second feature that says which values are missing.
        positive: makes two classes: this label, and all others.
        target_unit: the targets of a regression are divided by this number.
        standardize_target: whether the targets of a regression are standardised for training.
    """

    name: str = ""
    source: str = ""
    task: Task = MISSING
    # OmegaConf has no type for a text or a list.
    target: Any = field(default=MISSING, metadata={"texts": True})
    rows: int | None = None
    features: list[str] | None = None
    drop: list[str] = field(default_factory=list)
    numeric: list[str] = field(default_factory=list)
    categorical: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    ordinal: dict[str, list[str]] = field(default_factory=dict)
    label_lists: dict[str, LabelList] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    spellings: dict[str, dict[str, str]] = field(default_factory=dict)
    # OmegaConf has no type for a list or a dictionary, and merges no dictionary into a list.
    na_values: Any = field(default=None, metadata={"texts": True})
    usual_na_values: bool = True
    keep_as_level: dict[str, list[str]] = field(default_factory=dict)
    most_levels: int = 100
    fewest_rows: int = 1
    most_words: int = 1_000
    sample_weight: str | None = None
    log_target: bool = False
    sample: int | None = None
    drop_missing_target: bool = False
    ratios: dict[str, list[str]] = field(default_factory=dict)
    functions: dict[str, OwnFeature] = field(default_factory=dict)
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
        self._check_targets()
        self.na_values = [] if self.na_values is None else self.na_values
        for key in ("rows", "sample"):
            count = getattr(self, key)
            if count is not None:
                require(count >= 3, f"data.{key}", received=count, expected="at least 3 rows")
                require_at_most(f"data.{key}", count, LARGEST_COUNT)
        require(
            self.rows is None or self.sample is None,
            "data.sample",
            received=f"{self.sample}, and data.rows: {self.rows}",
            expected="only one of them",
        )
        require(
            not self.log_target or self.task is Task.regression,
            "data.log_target",
            received="true",
            expected="task: regression",
        )
        require(
            self.target_unit > 0,
            "data.target_unit",
            received=self.target_unit,
            expected="a number above 0",
        )
        for name, operands in self.ratios.items():
            require(
                len(operands) == 2 and not set(self.targets) & set(operands),
                f"data.ratios.{name}",
                received=operands,
                expected="[numerator, denominator], without the target",
            )
        self._check_functions()
        self._check_kinds()
        for key in ("most_levels", "fewest_rows", "most_words"):
            value = getattr(self, key)
            require(value >= 1, f"data.{key}", received=value, expected="an integer from 1")
            require_at_most(f"data.{key}", value, LARGEST_COUNT)
        require(
            isinstance(self.na_values, list | dict)
            and all(isinstance(signs, list) for signs in self._signs.values()),
            "data.na_values",
            received=self.na_values,
            expected="a list of texts, or a list for each column",
        )
        features = self.features or []
        require(
            len(set(features)) == len(features),
            "data.features",
            received=features,
            expected="each column once",
        )
        wrong = [name for name in self.targets if name in features]
        require(
            not wrong,
            "data.features",
            received=", ".join(wrong),
            expected="features without the target",
        )
        overlap = sorted(set(self.drop) & set(features))
        require(
            not overlap,
            "data.drop",
            received=overlap,
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
                expected=f"another method for task: {self.task.value}, such as random",
            )
        for key, column in self.roles.items():
            require(
                column not in self.targets,
                f"data.{key}",
                received=column,
                expected="a column other than the target",
            )

    @property
    def targets(self) -> list[str]:
        """The columns to predict; none if the target is not known."""
        names = self.target if isinstance(self.target, list) else [self.target]
        return [name for name in names if name]

    @property
    def several(self) -> list[str]:
        """The names of what a model predicts if they are several; otherwise none.

        They are the columns to predict, or the labels of a column of label lists.
        """
        if self.task is Task.multi_label and len(self.targets) == 1:
            lists = self.label_lists.get(self.target)
            return [] if lists is None else lists.labels
        return self.targets if len(self.targets) > 1 else []

    @property
    def roles(self) -> dict[str, str]:
        """The columns that are not features by default, because they have another role."""
        weights = {} if self.sample_weight is None else {"sample_weight": self.sample_weight}
        return {f"split.{key}": name for key, name in self.split.columns.items()} | weights

    @property
    def kinds(self) -> dict[str, Sequence[str]]:
        """The columns with a kind that the settings give, by setting."""
        return {
            "numeric": self.numeric,
            "categorical": self.categorical,
            "text": self.text,
            "ordinal": list(self.ordinal),
            "label_lists": list(self.label_lists),
            "dates": list(self.dates),
        }

    @property
    def _signs(self) -> dict[str, Any]:
        return self.na_values if isinstance(self.na_values, dict) else {"": self.na_values}

    def signs_of(self, column: str) -> list[str]:
        """The texts that `na_values` adds for a column."""
        signs = self._signs
        return [str(sign) for sign in (*signs.get("", []), *signs.get(column, []))]

    def has_signs_of(self, column: str) -> bool:
        """Whether the settings say what is missing in a column."""
        return column in self._signs or column in self.keep_as_level

    @property
    def operands(self) -> list[str]:
        """The columns of numbers that ratios and functions use, each once."""
        of_functions = [one.columns for one in self.functions.values()]
        return list(dict.fromkeys(chain(*self.ratios.values(), *of_functions)))

    def _check_functions(self) -> None:
        for name, own in self.functions.items():
            key = f"data.functions.{name}"
            require(
                name not in self.ratios, key, received=name, expected="no name of a ratio as well"
            )
            require(
                bool(own.columns) and not {*self.targets} & {*own.columns},
                f"{key}.columns",
                received=own.columns,
                expected="one column or more, without the target",
            )
            checked_function(own.function, own.arguments, key=key, by_position=len(own.columns))

    def _check_targets(self) -> None:
        """Checks that the task suits the number of targets. A list of one is that target."""
        names = self.target if isinstance(self.target, list) else [self.target]
        require(
            bool(names) and not any(isinstance(name, list | dict) for name in names),
            "data.target",
            received=self.target,
            expected="the name of a column, or a list of several names",
        )
        names = [str(name) for name in names]
        require(
            len(set(names)) == len(names),
            "data.target",
            received=names,
            expected="each column once",
        )
        self.target = names if len(names) > 1 else names[0]
        require(
            len(names) == 1 or self.task is not Task.classification,
            "data.task",
            received=f"classification with {len(names)} targets",
            expected="multi_label for columns of yes and no, regression for numbers, or one target",
        )
        for name, lists in self.label_lists.items():
            key = f"data.label_lists.{name}"
            require(
                len(set(lists.labels)) == len(lists.labels) and len(lists.labels) != 1,
                f"{key}.labels",
                received=lists.labels,
                expected="each label once, and at least two of them, or none for those of the file",
            )
            require(
                lists.separator != "",
                f"{key}.separator",
                received="nothing",
                expected="the text between two labels, such as '|'",
            )
            require(
                len(names) == 1 or name not in names,
                key,
                received=f"{name}, one of {len(names)} targets",
                expected="a feature, or the only target",
            )

    def _check_kinds(self) -> None:
        key_of: dict[str, str] = {}
        for key, columns in self.kinds.items():
            for column in columns:
                other = key_of.setdefault(column, key)
                require(
                    other == key,
                    f"data.{other}",
                    received=column,
                    expected=f"no column that data.{key} also lists",
                )
            operands = sorted(set(columns) & set(self.operands)) if key != "numeric" else []
            require(
                not operands,
                f"data.{key}",
                received=operands,
                expected="no column that data.ratios or data.functions reads as a number",
            )


@dataclass
class PrepareConfig:
    """The settings of `pipeline.prepare`."""

    data: Data = MISSING
