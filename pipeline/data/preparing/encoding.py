"""Encoding: how columns become features.

The statistics are those of training rows only. They are stored as plain numbers, so the saved model
needs no other file to apply them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.data.columns.words import words_of
from pipeline.data.encoded import Levels
from pipeline.data.prepared import CategoricalFeature, NumericFeature, Table, Target, TextFeature
from pipeline.data.preparing.inputs import Inputs
from pipeline.data.preparing.statistics import mean_and_scale, of_indicator, statistics_of
from pipeline.errors import DataError

Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]

_DIGITS = 6  # of a quantile, because `meta.json` holds many


def fit_table(inputs: Inputs, train: Rows, data: Data, *, path: Path) -> Table:
    """Fits the statistics of numeric features and the levels of categorical ones.

    Args:
        train: the numbers of the training rows.
        path: the CSV file, for errors.

    Raises:
        DataError: a feature has no value in any training row, or no word in two of them.
    """
    # One indicator is enough for the numbers of one column.
    of_labels = {
        name for reading in inputs.readings if reading.kind == "labels" for name in reading.names
    }
    rare = {name for name in of_labels if np.nansum(inputs.number(name)[train]) < data.fewest_rows}
    used = [[name for name in one.names if name not in rare] for one in inputs.readings]
    later = {name for names in used for name in names[:-1]}
    numeric = []
    features = [one for one in _numeric_features(inputs, data) if one[0] not in rare]
    fitted = statistics_of(_raw(name, of, inputs)[train] for name, of in features)
    for (name, of), statistics in zip(features, fitted, strict=True):
        if statistics is None:
            raise DataError(
                f"{path}, column {name}: no training row has a value",
                expected=_remedy(name, of, inputs),
            )
        if name in of_labels:
            statistics = of_indicator(statistics)
        may_indicate = data.missing_indicators and name not in later
        numeric.append(
            NumericFeature(
                name,
                of,
                missing=float(statistics.median),
                mean=float(statistics.mean),
                scale=float(statistics.scale),
                indicator=may_indicate and not np.isfinite(_raw(name, of, inputs)[train]).all(),
                quantiles=[float(f"{value:.{_DIGITS}g}") for value in statistics.quantiles],
                function=inputs.functions.get(name),
            )
        )
    free = {reading.column for reading in inputs.readings if reading.kind == "text"}
    texts = {
        name: inputs.categorical[name].take(train)
        for name in inputs.features
        if name in inputs.categorical
    }
    categorical = [
        _fit_categorical(name, levels, data) for name, levels in texts.items() if name not in free
    ]
    words = [_fit_text(name, cells, data) for name, cells in texts.items() if name in free]
    return Table(numeric, categorical, inputs.readings, words)


def fit_target(name: str, data: Data, train: Numbers) -> Target:
    """Fits the scaling of a regression's target on training rows."""
    target = Target(name, unit=data.target_unit, logarithm=data.log_target)
    if not data.standardize_target:
        return target
    values = train / target.unit
    mean, scale = mean_and_scale(np.log(values) if target.logarithm else values)
    return replace(target, mean=float(mean), scale=float(scale))


def encode(table: Table, inputs: Inputs) -> NDArray[np.float32]:
    """Computes the features of rows in float64.

    Returns float32 of shape (rows, features).
    """
    x = np.empty((inputs.rows, len(table.features)), dtype=np.float32)
    place = 0
    for feature in table.numeric:
        x[:, place] = (value_of(feature, inputs) - feature.mean) / feature.scale
        place += 1
    for feature in table.with_indicator:
        x[:, place] = ~np.isfinite(_raw(feature.name, feature.of, inputs))
        place += 1
    for category in table.categorical:
        number = {level: number for number, level in enumerate(category.levels)}
        levels = inputs.categorical[category.name]
        own = np.array([number.get(text, -1) for text in levels.texts])[levels.numbers]
        x[:, place : place + len(number)] = own[:, None] == np.arange(len(number))
        place += len(number)
    for text in table.texts:
        x[:, place : place + len(text.words)] = _indicators(text, inputs.categorical[text.name])
        place += len(text.words)
    return x


@dataclass(frozen=True)
class EncodedRows:
    """The features of rows, computed when they are read. All together would take much memory.

    It has the shape, the dtype and the rows of what `encode` returns.
    """

    table: Table
    inputs: Inputs

    @property
    def shape(self) -> tuple[int, int]:
        return self.inputs.rows, len(self.table.features)

    @property
    def dtype(self) -> np.dtype[np.float32]:
        return np.dtype(np.float32)

    @property
    def numbers(self) -> "EncodedRows":
        """The numeric features."""
        numeric = [replace(feature, indicator=False) for feature in self.table.numeric]
        categorical = {} if self.inputs.numeric else self.inputs.categorical  # for `rows`
        return EncodedRows(
            Table(numeric, [], self.table.readings), replace(self.inputs, categorical=categorical)
        )

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return encode(self.table, self.inputs.take(rows))


def value_of(feature: NumericFeature, inputs: Inputs) -> Numbers:
    """A numeric feature before scaling, with missing values filled."""
    values = _raw(feature.name, feature.of, inputs)
    return np.where(np.isfinite(values), values, feature.missing)


def _numeric_features(inputs: Inputs, data: Data) -> Iterator[tuple[str, list[str]]]:
    yield from ((name, [name]) for name in inputs.features if name in inputs.numeric)
    yield from data.ratios.items()
    yield from ((name, data.functions[name].columns) for name in inputs.functions)


def _raw(name: str, of: list[str], inputs: Inputs) -> Numbers:
    """A number, a quotient, or what a function computed."""
    if name in inputs.computed:
        return inputs.computed[name]
    values = inputs.number(of[0])
    if len(of) == 1:
        return values
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return values / inputs.number(of[1])


def _remedy(name: str, of: list[str], inputs: Inputs) -> str:
    if name in inputs.functions:
        return f"Correct {inputs.functions[name].name}, or remove {name} from data.functions"
    return f"List {name} under data.drop" if of == [name] else f"Remove {name} from data.ratios"


def _fit_categorical(name: str, values: Levels, data: Data) -> CategoricalFeature:
    counts = values.counts
    frequent = sorted(counts, key=lambda level: (-counts[level], level))[: data.most_levels]
    levels = [level for level in frequent if counts[level] >= data.fewest_rows]
    return CategoricalFeature(name, levels=sorted(levels))


def _fit_text(name: str, texts: Sequence[str], data: Data) -> TextFeature:
    """Chooses the words that occur in the most training rows, each in at least two."""
    counts = Counter(word for text in texts for word in set(words_of(text)))
    frequent = sorted(counts, key=lambda word: (-counts[word], word))[: data.most_words]
    words = sorted(word for word in frequent if counts[word] > 1)
    if not words:
        raise DataError(
            f"column {name}: no word is in two training rows",
            expected=f"List {name} under data.drop",
        )
    return TextFeature(name, words)


def _indicators(feature: TextFeature, texts: Sequence[str]) -> NDArray[np.float32]:
    """Which words each text contains, (rows, words)."""
    place = {word: number for number, word in enumerate(feature.words)}
    indicators = np.zeros((len(texts), len(place)), dtype=np.float32)
    for row, text in enumerate(texts):
        indicators[row, [place[word] for word in words_of(text) if word in place]] = 1
    return indicators
