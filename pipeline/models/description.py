"""Tables of a model's layers and weights for the terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from rich.text import Text

from pipeline.errors import PipelineError, suggestion
from pipeline.fitted_table import FittedTable

_NETWORK = "network"


def overview(model: Any, *, title: str) -> Table:
    """Every layer in order, with totals. Layers of a nested model are indented.

    A nested model without weights is one line, because it only reads a column of text. The layers
    of the trained network are numbered by their place in `network.layers`.
    """
    table = FittedTable(
        title=title, title_justify="left", show_footer=True, drop=("trainable", "kind")
    )
    table.add_column("", justify="right")
    table.add_column("layer", footer="total")
    table.add_column("kind")
    table.add_column("output shape")
    table.add_column("parameters", footer=f"{_size(model.weights):,}", justify="right")
    table.add_column("trainable", footer=f"{_size(model.trainable_weights):,}", justify="right")
    numbers = {id(layer): str(number) for number, layer in enumerate(_network_in(model).layers)}
    for depth, layer in _walk(model):
        name = Text("  " * depth + layer.name)
        if isinstance(layer, keras.layers.Layer):
            counts = [f"{_size(weights):,}" for weights in (layer.weights, layer.trainable_weights)]
        else:
            counts = []  # an operation of keras.ops
        number = numbers.get(id(layer), "")
        table.add_row(number, name, type(layer).__name__, shape_of(layer), *counts)
    return table


def find(model: Any, name: str) -> Any:
    """Finds a layer by name. If none matches, ignores underscores and case.

    A number is the place of a layer in `network.layers`, from 0.

    Raises:
        PipelineError: no layer has this name or number.
    """
    layers = {
        layer.name: layer for _, layer in _walk(model) if isinstance(layer, keras.layers.Layer)
    }
    if name in layers:
        return layers[name]
    for layer_name, layer in layers.items():
        if _plain(layer_name) == _plain(name):
            return layer
    if name.isdecimal():
        return _numbered(_network_in(model).layers, name)
    raise PipelineError(
        "the model has no layer of this name", received=name, expected=suggestion(name, layers)
    )


def weights(layer: Any) -> Table:
    """Statistics of each weight array of a layer."""
    table = FittedTable(
        drop=("norm", "zeros", "dtype", "max", "min"),
        title=f"{layer.name}: {type(layer).__name__}, output {shape_of(layer)}",
        caption=None if layer.weights else "It has no weights.",
        title_justify="left",
        caption_justify="left",
    )
    for heading in ("weights", "shape", "dtype"):
        table.add_column(heading)
    for heading in ("mean", "standard deviation", "min", "max", "zeros", "norm"):
        table.add_column(heading, justify="right")
    for variable in layer.weights:
        values = keras.ops.convert_to_numpy(variable)
        table.add_row(
            Text(_name_in(layer, variable)),
            str(values.shape),
            str(values.dtype),
            *_statistics(values),
        )
    return table


def _network_in(model: Any) -> Any:
    """The trained network inside a served model, or the model itself."""
    return next((layer for _, layer in _walk(model) if layer.name == _NETWORK), model)


def _numbered(layers: Sequence[Any], number: str) -> Any:
    if int(number) < len(layers):
        return layers[int(number)]
    raise PipelineError(
        "the network has no layer of this number",
        received=number,
        expected=f"Expected: 0 to {len(layers) - 1}",
    )


def nodes_of(model: Any) -> list[Any]:
    """The layers of a model, and its operations of `keras.ops`, in order of computation."""
    has_operations = hasattr(model, "operations") and not isinstance(model, keras.Sequential)
    return list(model.operations if has_operations else model.layers)


def _walk(model: Any, depth: int = 0) -> Iterator[tuple[int, Any]]:
    """Layers and operations with their depth, a nested model with weights before its content."""
    for node in nodes_of(model):
        yield depth, node
        if isinstance(node, keras.Model) and node.weights:
            yield from _walk(node, depth + 1)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def shape_of(layer: Any) -> str:
    """The shape of a layer's output. A subclassed model hides it; then it is empty."""
    try:
        return str(tuple(layer.output.shape))
    except (AttributeError, ValueError):
        return ""


def _size(variables: Sequence[Any]) -> int:
    return sum(int(np.prod(variable.shape)) for variable in variables)


def _name_in(layer: Any, variable: Any) -> str:
    """`kernel`; in a nested model, with its layer: `dense_1/kernel`."""
    return str(variable.path).rpartition(f"{layer.name}/")[2]


def _statistics(values: NDArray[Any]) -> list[str]:
    exact = values.astype(np.float64)
    numbers = [exact.mean(), exact.std(), exact.min(), exact.max()]
    zeros = f"{np.mean(exact == 0):.1%}"
    return [*(f"{number:.4g}" for number in numbers), zeros, f"{np.linalg.norm(exact):.4g}"]
