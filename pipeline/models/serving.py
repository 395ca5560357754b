"""The model that is saved.

It reads the columns of the CSV, so users need no preparation. It consists of plain Keras layers
around the trained network. The layers before the network apply the statistics that `prepare` fitted
on the training split. The layer after it is softmax or sigmoid, or restores the unit of the target.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from pipeline.data.prepared import Meta, NumericFeature, Table, input_name


def serve(network: Any, meta: Meta) -> Any:
    """Wraps a trained network.

    Returns:
        A `keras.Model`. For images, its input is uint8 pixels `(rows, *shape)`. For tables, its
        input is a dictionary of `(rows, 1)` float64 or string tensors, named by `input_name` of the
        CSV's columns; NaN and `""` are missing values. The output is probabilities
        `(rows, classes)`, the probability of the second class `(rows, 1)`, or the target in
        `target_unit` `(rows, 1)`.
    """
    if meta.table is None:
        inputs: Any = keras.Input(tuple(meta.shape), dtype=meta.dtype, name="pixels")
        features = inputs
    else:
        inputs = _inputs(meta.table)
        features = _features(meta.table, inputs)
    return keras.Model(inputs, _prediction(network(features), meta), name=meta.name)


def _inputs(table: Table) -> dict[str, Any]:
    named = {input_name(column): "float64" for column in table.numeric_columns}
    named |= {input_name(column): "string" for column in table.categorical_columns}
    return {name: keras.Input((1,), dtype=dtype, name=name) for name, dtype in named.items()}


def _features(table: Table, inputs: Mapping[str, Any]) -> Any:
    """Computes the features of `prepare` from the columns, in the same order."""
    parts = []
    if table.numeric:
        raw = [_quotient(feature, inputs) for feature in table.numeric]
        parts.append(_standardised(keras.ops.concatenate(raw, axis=1), table.numeric))
    for feature in table.categorical:
        # Index 0 means a level that training never saw. Its indicator is removed, so all others
        # are zero.
        lookup = keras.layers.StringLookup(
            vocabulary=feature.levels, output_mode="one_hot", mask_token=None
        )
        parts.append(keras.ops.cast(lookup(inputs[input_name(feature.name)]), "float32")[:, 1:])
    return keras.ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]


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
        return keras.layers.Rescaling(meta.target.scale, meta.target.mean, name="prediction")(raw)
    activation = "softmax" if meta.outputs > 1 else "sigmoid"
    return keras.layers.Activation(activation, name="probability")(raw)
