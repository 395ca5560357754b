"""Figures for `inspect`: test images, what layers compute from them, kernels and the network."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.data.prepared import Meta, Split
from pipeline.errors import PipelineError
from pipeline.evaluation.drawing import captions
from pipeline.evaluation.drawing.convolutions import MOST_CHANNELS
from pipeline.evaluation.drawing.layer_outputs import activation_maps, unit_activations
from pipeline.evaluation.drawing.style import GREYS, blank, literal
from pipeline.evaluation.figures import kernels
from pipeline.models.anatomy import activations_of, convolutions, network_of
from pipeline.serving.predictor import Predictor


def require_image(meta: Meta, row: int, *, split: str = "test") -> None:
    """Checks that a split has an image of this number, without opening it.

    Raises:
        PipelineError: the data are not images, or the split has no image of this number.
    """
    if meta.pixel_maximum is None:
        raise PipelineError(
            "only images can be drawn",
            received=f"a model for {meta.name}, a table",
            expected="Choose a model that was trained on images",
        )
    if not 0 <= row < meta.rows[split]:
        raise PipelineError(
            f"the {split} split has no image of this number",
            received=row,
            expected=f"Expected: 0 to {meta.rows[split] - 1}",
        )


def figures_of(model: Any, test: Split, meta: Meta, row: int, *, title: str) -> dict[str, Figure]:
    """Draws a figure for each convolution. Without any, draws one for each dense layer.

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
    names_of_images = [image_name(test, meta, row)]
    images = images_of(test, meta, [row])
    outputs = activations_of(network, names, np.asarray(test.x[row : row + 1]))
    draw = activation_maps if convolutional else unit_activations
    return {
        name: draw(images, outputs[name], names_of_images, title=f"{title}: {name}")
        for name in names
    }


def image_figure(predictor: Predictor, test: Split, meta: Meta, row: int) -> Figure:
    """Draws a test image under its label and the answer of a model.

    Args:
        row: the number of the image in `test`, from 0.
    """
    answers = predictor.answers(predictor.outputs(np.asarray(test.x[row : row + 1])))
    title = f"{image_name(test, meta, row)}\n{_in_words(answers)}"
    figure = blank(3.2, 3.6, title)
    axes = figure.subplots()
    axes.imshow(images_of(test, meta, [row])[0], interpolation="nearest", **GREYS)
    axes.set_axis_off()
    return figure


def _in_words(answers: Mapping[str, NDArray[Any]]) -> str:
    """`predicted seven (98.0 %)`, or the prediction of each target."""
    values = {
        name.removeprefix("prediction_"): values[0]
        for name, values in answers.items()
        if name.startswith("prediction")
    }
    if list(values) != ["prediction"]:
        words = [f"{name} {_short(value)}" for name, value in values.items()]
        return literal(f"predicted {', '.join(words)}")
    share = answers.get(f"probability_{values['prediction']}")
    sureness = "" if share is None else f" ({captions.percent(share[0])})"
    return literal(f"predicted {_short(values['prediction'])}{sureness}")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def kernel_figure(layer: Any, channel: int, *, title: str) -> Figure:
    """Draws what the filters of a convolution have learned for one of its input channels.

    Args:
        channel: the number of the input channel, from 0.

    Raises:
        PipelineError: there is no such channel, or the layer is not a 2D convolution.
    """
    if not isinstance(layer, keras.layers.Conv2D):
        raise PipelineError(
            f"{layer.name} has no kernels that are images",
            received=type(layer).__name__,
            expected=_expected(layer),
        )
    weights = keras.ops.convert_to_numpy(layer.kernel)
    inputs = weights.shape[2]
    if not 0 <= channel < inputs:
        raise PipelineError(
            f"{layer.name} has no input channel of this number",
            received=channel,
            expected=f"Expected: 0 to {inputs - 1}",
        )
    shown = weights[:, :, channel : channel + 1, :MOST_CHANNELS]
    facts = captions.share(MOST_CHANNELS, layer.filters, "filters")
    head = captions.title(f"{title}: kernels of {layer.name}", facts)
    return kernels.plot(shown, title=head, first=channel)


def _expected(layer: Any) -> str:
    if isinstance(layer, keras.layers.Dense):
        return (
            "Choose a layer of the kind Conv2D. The figure first_layer_weights of "
            "python -m pipeline.evaluate shows the first dense layer of a model of images"
        )
    return "Choose a layer of the kind Conv2D"


def image_name(split: Split, meta: Meta, row: int) -> str:
    """`test image 13: seven`."""
    label = "" if meta.classes is None else f": {literal(meta.classes[split.y[row]])}"
    return f"test image {row}{label}"


def images_of(split: Split, meta: Meta, rows: Sequence[int]) -> NDArray[np.float64]:
    """Images of a split, with values from 0 to 1.

    Returns:
        Colour images `(rows, height, width, 3)`, or grey images `(rows, height, width)`.
    """
    images: NDArray[np.float64] = split.x[np.asarray(rows)] / float(meta.pixel_maximum or 1)
    return images[..., 0] if images.shape[-1] == 1 else images


def _dense(network: Any) -> list[Any]:
    """Dense layers that give one row of units for an image."""
    return [
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.Dense) and len(layer.output.shape) == 2
    ]
