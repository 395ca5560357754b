"""Figures of layers that see images: what they have learned, and what they make of an image."""

import math
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation import figures
from pipeline.evaluation.drawing.subject import Subject
from pipeline.models import anatomy

TEST_IMAGES = (0, 13)  # whose activations are drawn
MOST_LAYERS = 4  # convolutions
MOST_CHANNELS = 64  # of each
MOST_UNITS = 100
MOST_WEIGHTS = 102_400  # of all units in a figure: so many for 32 by 32 pixels
_CENTRAL = (
    0.999  # of the weights that colours tell apart: a few large ones would make all others pale
)


def draw(subject: Subject) -> dict[str, Figure]:
    """`first_layer_weights…` where a dense layer sees the pixels; `kernels_…` and `activations_…` of convolutions."""
    return _first_layer(subject) | _convolutions(subject)


def _first_layer(subject: Subject) -> dict[str, Figure]:
    """The weights, and those after 1, 10, 100, … steps where there is a snapshot: all on one scale."""
    layer = anatomy.first_dense(subject.network)
    if layer is None:
        return {}
    shown = min(MOST_UNITS, max(1, MOST_WEIGHTS // math.prod(subject.meta.shape[:2])))

    def weights_of(model: Any) -> NDArray[np.float32]:
        """Images of the first units, `(units, height, width)`, the mean over colours."""
        weights = anatomy.weights_as_images(anatomy.network_of(model), layer.name)
        means: NDArray[np.float32] = weights[:shown].mean(axis=3)
        return means

    kept = weights_of(subject.model)
    early = {
        step: weights_of(model)
        for step, model in subject.snapshots.items()
        if str(step).strip("0") == "1"
    }
    shared: dict[str, Any] = {
        "limit": float(np.quantile(np.abs([kept, *early.values()]), _CENTRAL)) or 1.0,
        "labels": subject.classes[:shown]
        if layer is subject.network.layers[-1] and subject.meta.outputs > 1
        else [],
    }
    head = f"{subject.name}: weights of {layer.name}"
    facts = [
        _part(len(kept), layer.units, "units"),
        "mean over the colours" if subject.meta.shape[2] > 1 else "",
    ]
    drawn = {
        "first_layer_weights": figures.first_layer_weights(
            kept, title=_title(head, *facts), **shared
        )
    }
    for step, weights in early.items():
        title = _title(head, f"after step {step:,}", *facts)
        drawn[f"first_layer_weights_step_{step:06d}"] = figures.first_layer_weights(
            weights, title=title, **shared
        )
    return drawn


def _convolutions(subject: Subject) -> dict[str, Figure]:
    """Kernels and activations of the first convolutions that see more than one pixel."""
    network, test = subject.network, subject.test
    every = anatomy.convolutions(network)
    layers = [layer for layer in every if max(layer.kernel_size) > 1]
    if not layers:
        return {}
    shown = layers[:MOST_LAYERS]
    rows = np.array([row for row in TEST_IMAGES if row < len(test)])
    images = subject.pictures(test, rows)
    names = [f"test image {row}: {subject.classes[test.y[row]]}" for row in rows]
    activations = anatomy.activations_of(network, [layer.name for layer in shown], test.x[rows])
    drawn = {}
    for number, layer in enumerate(shown, start=1):
        facts = [
            f"convolution {number} of {len(layers)}",
            _part(MOST_CHANNELS, layer.filters, "filters"),
        ]
        kernels = keras.ops.convert_to_numpy(layer.kernel)[..., :MOST_CHANNELS]
        inputs = ""
        if kernels.shape[2] > (subject.meta.shape[2] if layer is every[0] else 1):
            inputs = f"for input channel 0 of {kernels.shape[2]}"
            kernels = kernels[:, :, :1]
        title = _title(f"{subject.name}: kernels of {layer.name}", *facts, inputs)
        drawn[f"kernels_{layer.name}"] = figures.convolution_kernels(kernels, title=title)
        maps = activations[layer.name][..., :MOST_CHANNELS]
        title = _title(f"{subject.name}: activations of {layer.name}", *facts)
        drawn[f"activations_{layer.name}"] = figures.activation_maps(
            images, maps, names, title=title
        )
    return drawn


def _part(shown: int, there: int, things: str) -> str:
    """`first 64 of 128 filters`, or nothing where all are shown."""
    return f"first {shown} of {there} {things}" if shown < there else ""


def _title(head: str, *facts: str) -> str:
    """A title with a second line of the facts that there are."""
    known = ", ".join(filter(None, facts))
    return f"{head}\n{known}" if known else head
