"""The model that is saved.

It reads the columns of the CSV as they are, so users need no preparation. It consists of plain
Keras layers around the trained network, so Keras alone can load it. The layers before the network
apply the statistics that `prepare` fitted on the training split. The layer after it is softmax or
sigmoid, or restores the unit of the target.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from pipeline.data.prepared import Meta, NumericFeature, Table, TextFeature, input_name
from pipeline.models.texts import one_hot


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
        inputs: Any = keras.Input(tuple(meta.shape), dtype=meta.dtype, name="pixels")
        features = inputs
    else:
        inputs = _inputs(meta.table)
        features = _features(meta.table, inputs)
    # Keras takes inputs by name only if a model has a list of them. From a dictionary with one key
    # too many, a model with a dictionary of inputs would take shifted columns.
    model_inputs = list(inputs.values()) if meta.table else inputs
    return keras.Model(model_inputs, _prediction(network(features), meta), name=meta.name)


def _inputs(table: Table) -> dict[str, Any]:
    named = {
        input_name(name): "string" if reading.takes_text else "float64"
        for reading in table.readings
        for name in reading.names or [reading.column]
    }
    return {name: keras.Input((1,), dtype=dtype, name=name) for name, dtype in named.items()}


def _features(table: Table, columns: dict[str, Any]) -> Any:
    """Computes the features of `prepare` from the columns, in the same order."""
    inputs = columns | _without_sentinels(table, columns)
    parts = []
    if table.numeric:
        raw = [_quotient(feature, inputs) for feature in table.numeric]
        parts.append(_standardised(keras.ops.concatenate(raw, axis=1), table.numeric))
    if table.with_indicator:
        raw = [_quotient(feature, inputs) for feature in table.with_indicator]
        finite = keras.ops.isfinite(keras.ops.concatenate(raw, axis=1))
        parts.append(keras.ops.cast(keras.ops.logical_not(finite), "float32"))
    for number, feature in enumerate(table.categorical, start=1):
        level_of = table.reading_of(feature.name).level_of
        text = one_hot(feature.levels, level_of, name=f"text_{number}")
        parts.append(text(inputs[input_name(feature.name)]))
    for number, words in enumerate(table.texts, start=1):
        parts.append(_words(words, f"words_{number}")(inputs[input_name(words.name)]))
    return keras.ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]


def _words(feature: TextFeature, name: str) -> Any:
    """Builds a model that tells which words a cell contains, as `prepare` finds them."""
    cells = keras.Input((1,), dtype="string", name="cells")
    found = keras.layers.TextVectorization(
        output_mode="multi_hot", vocabulary=feature.words, name="vocabulary"
    )(cells)
    # Keras believes that there is one more axis. The first indicator is that of all other words.
    indicators = keras.ops.reshape(found, (-1, 1 + len(feature.words)))[:, 1:]
    return keras.Model(cells, keras.ops.cast(indicators, "float32"), name=name)


def _without_sentinels(table: Table, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns in which some numbers stand for a missing value, with NaN for them."""
    found: dict[str, Any] = {}
    for reading in table.readings:
        for number in reading.sentinels:
            name = input_name(reading.column)
            values = found.get(name, columns[name])
            found[name] = keras.ops.where(keras.ops.equal(values, number), np.nan, values)
    return found


def _quotient(feature: NumericFeature, inputs: Mapping[str, Any]) -> Any:
    columns = [inputs[input_name(column)] for column in feature.of]
    return columns[0] if len(columns) == 1 else keras.ops.divide(columns[0], columns[1])


def _standardised(values: Any, features: list[NumericFeature]) -> Any:
    missing, mean, scale = (
        np.array([[getattr(feature, name) for feature in features]])
        for name in ("missing", "mean", "scale")
    )
    finite = keras.ops.where(keras.ops.isfinite(values), values, missing)
    return keras.ops.cast(keras.ops.divide(keras.ops.subtract(finite, mean), scale), "float32")


def _prediction(raw: Any, meta: Meta) -> Any:
    if meta.task == "regression":
        # In float64, because float32 cuts off the digits of a target far from zero.
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
