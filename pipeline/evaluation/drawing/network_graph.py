"""The graph of a network: its layers as boxes, from the input at the top to the output."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.evaluation.drawing.style import TRAIN, blank, literal
from pipeline.models.description import nodes_of, shape_of

_WIDTH, _HEIGHT = 2.6, 0.8  # inches from one box to the next
_EDGE = 0.2  # inches from the centre of a box to its edges
_BOX = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": TRAIN}


def plot(network: Any, *, title: str) -> Figure:
    """Draws each layer with its kind, the shape of its output and its number of parameters.

    An arrow leads from a layer to each that reads its output. A layer stands below all layers that
    it depends on.

    Args:
        network: a sequential or functional model.
    """
    nodes = {node.name: node for node in nodes_of(network)}
    parents = _chain(nodes) if isinstance(network, keras.Sequential) else _parents(nodes)
    places = _places(parents)
    columns = max(column for column, _ in places.values()) + 1
    rows = max(row for _, row in places.values()) + 1
    width, height = max(4.0, columns * _WIDTH), rows * _HEIGHT
    figure = blank(width + 0.2, height + 0.6, title)
    axes = figure.subplots()
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    centres = _centres(places, width)
    for name in nodes:
        for parent in parents[name]:
            _arrow(axes, centres[parent], centres[name])
    for name, node in nodes.items():
        axes.text(*centres[name], literal(_label(node)), ha="center", va="center", fontsize=8,
                  bbox=_BOX)  # fmt: skip
    return figure


def _chain(nodes: Iterable[str]) -> dict[str, list[str]]:
    """The node before each node.

    A sequential model connects its layers again for each layer that is added. Afterwards
    `layer.input` belongs to an earlier connection, so it leads nowhere.
    """
    names = list(nodes)
    return {name: names[place - 1 : place] for place, name in enumerate(names)}


def _parents(nodes: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of the nodes whose outputs each node reads."""
    makers = {id(tensor): name for name, node in nodes.items() for tensor in _tensors(node.output)}
    return {
        name: [
            makers[id(tensor)]
            for tensor in _tensors(node.input)
            if makers.get(id(tensor), name) != name
        ]
        for name, node in nodes.items()
    }


def _tensors(structure: Any) -> Sequence[Any]:
    tensors: Sequence[Any] = keras.tree.flatten(structure)
    return tensors


def _places(parents: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, int]]:
    """The column and row of each node. Its row is the length of the longest way to it."""
    rows: dict[str, int] = {}
    places = {}
    for name, above in parents.items():
        row = max((rows[parent] + 1 for parent in above), default=0)
        places[name] = (list(rows.values()).count(row), row)
        rows[name] = row
    return places


def _centres(places: Mapping[str, tuple[int, int]], width: float) -> dict[str, tuple[float, float]]:
    """The centre of each box in inches. The boxes of a row share its width."""
    rows = [row for _, row in places.values()]
    return {
        name: ((column + 0.5) * width / rows.count(row), (row + 0.5) * _HEIGHT)
        for name, (column, row) in places.items()
    }


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draws an arrow from the lower edge of a box to the upper edge of another one."""
    (x, y), (end_x, end_y) = start, end
    arrow = {"arrowstyle": "-|>", "color": TRAIN}
    axes.annotate("", (end_x, end_y - _EDGE), (x, y + _EDGE), arrowprops=arrow)


def _label(node: Any) -> str:
    count = node.count_params() if isinstance(node, keras.layers.Layer) else 0
    parameters = f", {count:,} parameters" if count else ""
    return f"{node.name}: {type(node).__name__}\n{shape_of(node)}{parameters}"
