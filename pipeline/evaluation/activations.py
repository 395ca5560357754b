"""What the layers of a trained model make of one test image."""

from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

from pipeline.data.prepared import Meta, Part
from pipeline.errors import PipelineError
from pipeline.evaluation.figures import activation_maps
from pipeline.evaluation.figures.units import unit_activations
from pipeline.models.anatomy import activations_of, convolutions, network_of


def figures_of(model: Any, test: Part, meta: Meta, index: int, *, title: str) -> dict[str, Figure]:
    """A figure for each convolution by its name, or for each dense layer where none convolves.

    Args:
        model: a served model.
        index: of the image in `test`, counted from 0.

    Raises:
        PipelineError: the data are no images, or there is no image of this number.
    """
    if meta.pixel_maximum is None:
        raise PipelineError(
            "activations are drawn for images", received=f"a model for {meta.name}, a table"
        )
    if not 0 <= index < len(test):
        raise PipelineError(
            "the test split has no image of this number",
            received=index,
            expected=f"Expected: 0 to {len(test) - 1}",
        )
    network = network_of(model)
    dense = [
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.Dense) and len(layer.output.shape) == 2
    ]
    names = [layer.name for layer in convolutions(network) or dense]
    pixels = np.asarray(test.x[index : index + 1])
    image = pixels / meta.pixel_maximum
    picture = image[..., 0] if image.shape[-1] == 1 else image
    caption = (
        f"test image {index}"
        if meta.classes is None
        else f"test image {index}: {meta.classes[test.y[index]]}"
    )
    draw = activation_maps if convolutions(network) else unit_activations
    found = activations_of(network, names, pixels)
    return {name: draw(picture, found[name], [caption], title=f"{title}: {name}") for name in names}
