"""Figures for `inspect`: what the layers of a model compute from one test image."""

from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

from pipeline.data.prepared import Meta, Split
from pipeline.errors import PipelineError
from pipeline.evaluation.drawing.layer_outputs import activation_maps, unit_activations
from pipeline.models.anatomy import activations_of, convolutions, network_of


def require_image(meta: Meta, row: int) -> None:
    """Checks that the test split has an image of this number, without opening it.

    Raises:
        PipelineError: the data are not images, or the split has no image of this number.
    """
    if meta.pixel_maximum is None:
        raise PipelineError(
            "activations are drawn for images only",
            received=f"a model for {meta.name}, a table",
            expected="Choose a model that was trained on images",
        )
    if not 0 <= row < meta.rows["test"]:
        raise PipelineError(
            "the test split has no image of this number",
            received=row,
            expected=f"Expected: 0 to {meta.rows['test'] - 1}",
        )


def figures_of(model: Any, test: Split, meta: Meta, row: int, *, title: str) -> dict[str, Figure]:
    """Draws a figure for each convolution, or for each dense layer without any.

    Args:
        model: a served model.
        meta: the facts about its images.
        row: the number of the image in `test`, from 0.

    Returns:
        Figures by the name of the layer.
    """
    network = network_of(model)
    convolutional = convolutions(network)
    names = [layer.name for layer in convolutional or _dense(network)]
    pixels = np.asarray(test.x[row : row + 1])
    images = pixels / float(meta.pixel_maximum or 1)
    images = images[..., 0] if images.shape[-1] == 1 else images
    label = "" if meta.classes is None else f": {meta.classes[test.y[row]]}"
    captions = [f"test image {row}{label}"]
    outputs = activations_of(network, names, pixels)
    draw = activation_maps if convolutional else unit_activations
    return {name: draw(images, outputs[name], captions, title=f"{title}: {name}") for name in names}


def _dense(network: Any) -> list[Any]:
    """Dense layers that give one row of units for an image."""
    return [
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.Dense) and len(layer.output.shape) == 2
    ]
