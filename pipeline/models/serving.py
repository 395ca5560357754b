"""The model that is saved.

It reads the columns of the CSV as they are, so users need no preparation. It consists of plain
Keras layers around the trained network, so loading it needs only Keras. The layers before the
network apply the statistics that `prepare` fitted on the training split. The layer after it is
softmax or sigmoid, or restores the unit of the target. For a table, all of them are a nested model:
the body (`pipeline.models.body`). It takes the numbers of all columns as one input.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from pipeline.data.prepared import Meta, NumericFeature, Table, TextFeature, input_name
from pipeline.models import body
from pipeline.models.texts import one_hot
from pipeline.own import features as own_features


def serve(network: Any, meta: Meta) -> Any:
    """Wraps a trained network.

    Returns:
        A `keras.Model`. For images, its input is uint8 pixels `(rows, *shape)`. For tables, its
        input is a dictionary of `(rows, 1)` float64 or string tensors, named by `input_name` of the
        CSV's columns. The order of the columns does not matter, and surplus ones are ignored. NaN
        and the texts of `pipeline.data.missing` are missing values. The output is float32
        probabilities `(rows, classes)`, the probability of the second class `(rows, 1)` or of each
        label `(rows, labels)`, or the targets in `target_unit`, float64 `(rows, targets)`.
    """
    if meta.table is None:
        pixels = keras.Input(tuple(meta.shape), dtype=meta.dtype, name="pixels")
        return keras.Model(pixels, _prediction(network(pixels), meta), name=meta.name)
    inputs = _inputs(meta.table)
    numbers = [one for one in inputs if one.dtype != "string"]
    texts = [one for one in inputs if one.dtype == "string"]
    together = [keras.ops.concatenate(numbers, axis=1)] if numbers else []
    answer = _body(network, meta, meta.table)([*together, *texts])
    # Keras takes inputs by name only if a model has a list of them. From a dictionary with one key
    # too many, a model with a dictionary of inputs would take shifted columns.
    return keras.Model(inputs, answer, name=meta.name)


def _inputs(table: Table) -> list[Any]:
    dtypes = {
        input_name(name): "string" if reading.takes_text else "float64"
        for reading in table.readings
        for name in reading.names or [reading.column]
    }
    return [keras.Input((1,), dtype=dtype, name=name) for name, dtype in dtypes.items()]


def _body(network: Any, meta: Meta, table: Table) -> Any:
    """Builds the model that turns all numbers and texts of a row into the answer."""
    names = [name for reading in table.readings for name in reading.names]
    texts = {
        reading.column: keras.Input((1,), dtype="string", name=body.text_input(number))
        for number, reading in enumerate(
            (reading for reading in table.readings if reading.takes_text), start=1
        )
    }
    inputs = list(texts.values())
    parts: list[Any] = []
    if names:
        numbers = keras.Input((len(names),), dtype="float64", name=body.NUMBERS)
        inputs = [numbers, *inputs]
        values = _without_sentinels(table, numbers)
        parts += _numeric(table.numeric, table.with_indicator, values, names)
    for number, feature in enumerate(table.categorical, start=1):
        level_of = table.reading_of(feature.name).level_of
        text = one_hot(feature.levels, level_of, name=f"text_{number}")
        parts.append(text(texts[feature.name]))
    for number, words in enumerate(table.texts, start=1):
        parts.append(_words(words, f"words_{number}")(texts[words.name]))
    features = keras.ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
    return keras.Model(inputs, _prediction(network(features), meta), name=body.NAME)


def _numeric(
    features: list[NumericFeature],
    with_indicator: list[NumericFeature],
    numbers: Any,
    names: list[str],
) -> Iterator[Any]:
    """Computes the numeric features, then the indicators of missing numbers."""
    if features:
        yield _standardise(_raw(features, numbers, names), features)
    if with_indicator:
        finite = keras.ops.isfinite(_raw(with_indicator, numbers, names))
        yield keras.ops.cast(keras.ops.logical_not(finite), "float32")


def _words(feature: TextFeature, name: str) -> Any:
    """Builds a model that marks the words of a cell, as `prepare` finds them."""
    cells = keras.Input((1,), dtype="string", name="cells")
    marks = keras.layers.TextVectorization(
        output_mode="multi_hot", vocabulary=feature.words, name="vocabulary"
    )(cells)
    # Keras assumes one axis too many. The first indicator stands for all other words.
    indicators = keras.ops.reshape(marks, (-1, 1 + len(feature.words)))[:, 1:]
    return keras.Model(cells, keras.ops.cast(indicators, "float32"), name=name)


def _without_sentinels(table: Table, numbers: Any) -> Any:
    """The numbers, with NaN for those that stand for a missing value in their column."""
    sentinels = [reading.sentinels for reading in table.readings for _ in reading.names]
    for place in range(max(map(len, sentinels))):
        # NaN equals no number.
        signs = [own[place] if place < len(own) else np.nan for own in sentinels]
        numbers = keras.ops.where(keras.ops.equal(numbers, np.array([signs])), np.nan, numbers)
    return numbers


def _raw(features: list[NumericFeature], numbers: Any, names: list[str]) -> Any:
    """The values of features before scaling. Ratios and functions come last."""
    place = {name: number for number, name in enumerate(names)}
    others = [feature for feature in features if not feature.is_column]
    plain = [place[feature.of[0]] for feature in features if feature.is_column]
    ratios = [[place[name] for name in one.of] for one in others if one.function is None]
    parts = [_take(numbers, plain)] if plain else []
    if ratios:
        above, below = (_take(numbers, list(places)) for places in zip(*ratios, strict=True))
        parts.append(keras.ops.divide(above, below))
    for feature in others:
        if feature.function is not None:
            columns = [_take(numbers, [place[name]]) for name in feature.of]
            parts.append(own_features.column(feature.function, columns))
    return keras.ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]


def _take(numbers: Any, places: list[int]) -> Any:
    if places == list(range(numbers.shape[1])):
        return numbers
    return keras.ops.take(numbers, np.array(places), axis=1)


def _standardise(values: Any, features: list[NumericFeature]) -> Any:
    missing, mean, scale = (
        np.array([[getattr(feature, name) for feature in features]])
        for name in ("missing", "mean", "scale")
    )
    finite = keras.ops.where(keras.ops.isfinite(values), values, missing)
    return keras.ops.cast(keras.ops.divide(keras.ops.subtract(finite, mean), scale), "float32")


def _prediction(raw: Any, meta: Meta) -> Any:
    if meta.task == "regression":
        # In float64, because float32 cuts off digits of targets that are far from zero.
        first, *others = meta.targets
        name = "logarithm" if first.logarithm else "prediction"
        scale: Any = [target.scale for target in meta.targets] if others else first.scale
        mean: Any = [target.mean for target in meta.targets] if others else first.mean
        values = keras.layers.Rescaling(scale, mean, dtype="float64", name=name)(raw)
        if not first.logarithm:
            return values
        return keras.layers.Activation("exponential", dtype="float64", name="prediction")(values)
    activation = "softmax" if meta.classes is not None and meta.outputs > 1 else "sigmoid"
    return keras.layers.Activation(activation, name="probability")(raw)
