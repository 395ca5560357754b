"""The body of a served model of a table: all of it except its inputs, one for each column.

Keras builds, loads and traces a thousand inputs in ten seconds. So this package loads only the body
of a saved model, and joins the columns itself. The bits of the answers are the same.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

NAME = "body_of_the_served_model"
NUMBERS = "numbers"


def text_input(number: int) -> str:
    """The name of an input of text; they are numbered from 1."""
    return f"column_{number}"


def body_of(model: Any) -> Any:
    """The body of a served model. A model of images is its own body."""
    return next((layer for layer in model.layers if layer.name == NAME), model)


def values_for(model: Any, values: Any) -> Any:
    """The inputs of a body, or of a whole model.

    Args:
        values: pixels, or arrays `(rows, 1)` by input of the whole model: float64 or objects of
            text, in the order of `pipeline.data.prepared.Table.readings`.
    """
    if model.name != NAME:
        return values
    return joined(values)


def joined(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns `(rows, 1)` as the inputs of a body: `(rows, numbers)`, and one for each text."""
    arrays = [np.asarray(column) for column in columns.values()]
    numbers = [array for array in arrays if array.dtype != object]
    texts = [array for array in arrays if array.dtype == object]
    inputs = {text_input(number): array for number, array in enumerate(texts, start=1)}
    return ({NUMBERS: np.concatenate(numbers, axis=1)} if numbers else {}) | inputs
