"""First-layer weights: the units of a dense layer on the pixels, as images."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.drawing import captions
from pipeline.evaluation.drawing.style import DIVERGING, blank
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.drawing.tiles import Tiles, columns_for
from pipeline.evaluation.figures import FigureKind
from pipeline.models import anatomy

_MOST_UNITS = 100
_MOST_WEIGHTS = 102_400  # of all units in a figure: 100 units on images of 32 by 32 pixels
# The share of weights within the colour scale. A few large ones would make all others pale.
_CENTRAL = 0.999


def plot(
    weights: NDArray[np.float32], *, limit: float, title: str, labels: Sequence[str] = ()
) -> Figure:
    """Draws one image per unit, with a white zero.

    Args:
        weights: `(units, height, width)`.
        limit: the colour scale goes from `-limit` to `limit`. Figures that a reader compares share
            the scale. Weights outside have its end colours.
        labels: a name for each unit, or none at all.
    """
    # In a large image, a weight gets two pixels of the figure.
    inches = 1.1 if len(weights) <= 20 else max(0.5, weights.shape[2] / 60)
    columns = columns_for(len(weights), ratio=2 if labels else 1)
    tiles = Tiles(weights, columns=columns, inches=inches, labels=labels)
    width, height = tiles.size
    figure = blank(max(width, 3.0) + 1.4, height + 0.8, title)
    axes = figure.subplots()
    image = tiles.draw(axes, cmap=DIVERGING, vmin=-limit, vmax=limit)
    figure.colorbar(image, ax=axes, label="weight", extend="both", shrink=0.8)
    return figure


def _draw(subject: Subject) -> dict[str, Figure]:
    """Draws the saved weights, and those of the snapshots after 1, 10, 100, … steps.

    A snapshot of the saved step has the saved weights, so it is left out.
    """
    layer = anatomy.first_dense(subject.network) if subject.has_images else None
    if layer is None:
        return {}
    units = min(_MOST_UNITS, max(1, _MOST_WEIGHTS // math.prod(subject.meta.shape[:2])))
    saved = _weights(subject.model, layer.name, units)
    early = {
        step: _weights(model, layer.name, units)
        for step, model in subject.snapshots.items()
        if str(step).strip("0") == "1" and step != subject.saved_step
    }
    limit = float(np.quantile(np.abs([saved, *early.values()]), _CENTRAL)) or 1.0
    stands_for_classes = layer is subject.network.layers[-1] and len(subject.classes) > 2
    labels = subject.classes[:units] if stands_for_classes else []
    head = f"{subject.name}: weights of {layer.name}"
    facts = [
        captions.share(len(saved), layer.units, "units"),
        "mean over the colours" if subject.meta.shape[2] > 1 else "",
    ]
    return {
        "": plot(saved, limit=limit, labels=labels, title=captions.title(head, *facts)),
        **{
            f"step_{step:06d}": plot(
                weights,
                limit=limit,
                labels=labels,
                title=captions.title(head, f"after step {step:,}", *facts),
            )
            for step, weights in early.items()
        },
    }


def _weights(model: Any, layer: str, units: int) -> NDArray[np.float32]:
    """The mean over colours of the first weights, `(units, height, width)`."""
    weights = anatomy.weights_as_images(anatomy.network_of(model), layer)
    return np.asarray(weights[:units].mean(axis=3))


FIGURE = FigureKind(
    place=90,
    alt="the weights of each unit as an image: "
    "positive in one colour, negative in another, zero white",
    draw=_draw,
)
