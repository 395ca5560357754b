"""Encoding: how columns become features.

The statistics are those of training rows only. They are stored as plain numbers, so the saved model
can apply them alone.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config.data import Data
from pipeline.data.columns.words import words_of
from pipeline.data.prepared import CategoricalFeature, NumericFeature, Table, Target, TextFeature
from pipeline.data.preparing.inputs import Inputs
from pipeline.errors import DataError

Numbers = NDArray[np.float64]

_MOST_QUANTILES = 65
_ROWS_OF_A_QUANTILE = 8
_DIGITS = 6  # of a quantile, because `meta.json` holds many


def fit_table(train: Inputs, data: Data, *, path: Path) -> Table:
    """Fits the statistics of numeric features and the levels of categorical ones.

    Args:
        train: the training rows.
        path: the CSV file, for errors.

    Raises:
        DataError: a feature has no value in any training row, or no word in two of them.
    """
    # One indicator is enough for the numbers of one column.
    later = {name for reading in train.readings for name in reading.names[:-1]}
    numeric = [
        _fit_numeric(
            name,
            of,
            train,
            missing_indicators=data.missing_indicators and name not in later,
            path=path,
        )
        for name, of in _numeric_features(train, data)
    ]
    free = {reading.column for reading in train.readings if reading.kind == "text"}
    texts = [name for name in train.features if name in train.categorical]
    categorical = [
        _fit_categorical(name, train.categorical[name], data) for name in texts if name not in free
    ]
    words = [_fit_text(name, train.categorical[name], data) for name in texts if name in free]
    return Table(numeric, categorical, train.readings, words)


def fit_target(data: Data, train: Numbers) -> Target:
    """Fits the scaling of a regression's target on training rows."""
    target = Target(data.target, unit=data.target_unit, logarithm=data.log_target)
    if not data.standardize_target:
        return target
    values = train / target.unit
    mean, scale = _mean_and_scale(np.log(values) if target.logarithm else values)
    return replace(target, mean=mean, scale=scale)


def encode(table: Table, inputs: Inputs) -> NDArray[np.float32]:
    """Computes the features of rows in float64.

    Returns float32 of shape (rows, features).
    """
    numeric = [
        (value_of(feature, inputs) - feature.mean) / feature.scale for feature in table.numeric
    ]
    missing = [
        ~np.isfinite(_raw(feature.name, feature.of, inputs)) for feature in table.with_indicator
    ]
    levels = [
        np.array(inputs.categorical[feature.name], dtype=object) == level
        for feature in table.categorical
        for level in feature.levels
    ]
    words = [_indicators(feature, inputs.categorical[feature.name]) for feature in table.texts]
    return np.column_stack([*numeric, *missing, *levels, *words]).astype(np.float32)


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
    values = inputs.numeric[of[0]]
    if len(of) == 1:
        return values
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return values / inputs.numeric[of[1]]


def _fit_numeric(
    name: str, of: list[str], train: Inputs, *, missing_indicators: bool, path: Path
) -> NumericFeature:
    values = _raw(name, of, train)
    is_finite = np.isfinite(values)
    if not is_finite.any():
        raise DataError(
            f"{path}, column {name}: no training row has a value",
            expected=_remedy(name, of, train),
        )
    median = float(np.median(values[is_finite]))
    mean, scale = _mean_and_scale(np.where(is_finite, values, median))
    return NumericFeature(
        name,
        of,
        missing=median,
        mean=mean,
        scale=scale,
        indicator=missing_indicators and not is_finite.all(),
        quantiles=_quantiles((values[is_finite] - mean) / scale),
        function=train.functions.get(name),
    )


def _remedy(name: str, of: list[str], train: Inputs) -> str:
    if name in train.functions:
        return f"Correct {train.functions[name].name}, or remove {name} from data.functions"
    return f"List {name} under data.drop" if of == [name] else f"Remove {name} from data.ratios"


def _quantiles(values: Numbers) -> list[float]:
    """Quantiles at equal steps, fewer of them if there are few values."""
    count = min(_MOST_QUANTILES, 2 + len(values) // _ROWS_OF_A_QUANTILE)
    return [
        float(f"{value:.{_DIGITS}g}") for value in np.quantile(values, np.linspace(0, 1, count))
    ]


def _mean_and_scale(values: Numbers) -> tuple[float, float]:
    """Mean and population standard deviation. A constant has scale 1."""
    is_constant = values.min() == values.max()
    return float(values.mean()), 1.0 if is_constant else float(values.std())


def _fit_categorical(name: str, values: list[str], data: Data) -> CategoricalFeature:
    counts = Counter(values)
    frequent = sorted(counts, key=lambda level: (-counts[level], level))[: data.most_levels]
    levels = [level for level in frequent if counts[level] >= data.fewest_rows]
    return CategoricalFeature(name, levels=sorted(levels))


def _fit_text(name: str, texts: list[str], data: Data) -> TextFeature:
    """Chooses the words that most training rows contain, each in at least two of them."""
    counts = Counter(word for text in texts for word in set(words_of(text)))
    frequent = sorted(counts, key=lambda word: (-counts[word], word))[: data.most_words]
    words = sorted(word for word in frequent if counts[word] > 1)
    if not words:
        raise DataError(
            f"column {name}: no word is in two training rows",
            expected=f"List {name} under data.drop",
        )
    return TextFeature(name, words)


def _indicators(feature: TextFeature, texts: list[str]) -> NDArray[np.float32]:
    """Which words each text contains, (rows, words)."""
    place = {word: number for number, word in enumerate(feature.words)}
    found = np.zeros((len(texts), len(place)), dtype=np.float32)
    for row, text in enumerate(texts):
        found[row, [place[word] for word in words_of(text) if word in place]] = 1
    return found
