"""Activations: what each convolution computes from two test images."""

import numpy as np
from matplotlib.figure import Figure

from pipeline.evaluation.drawing import captions
from pipeline.evaluation.drawing.convolutions import MOST_CHANNELS, convolutions_of
from pipeline.evaluation.drawing.layer_outputs import activation_maps
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.figures import FigureKind
from pipeline.models import anatomy

_TEST_IMAGES = (0, 13)


def _draw(subject: Subject) -> dict[str, Figure]:
    convolutions = convolutions_of(subject)
    if not convolutions:
        return {}
    rows = np.array([row for row in _TEST_IMAGES if row < len(subject.test)])
    images = subject.images(subject.test, rows)
    names = [subject.image_title(row) for row in rows]
    layers = [convolution.layer.name for convolution in convolutions]
    outputs = anatomy.activations_of(subject.network, layers, subject.test.x[rows])
    return {
        layer: activation_maps(
            images,
            outputs[layer][..., :MOST_CHANNELS],
            names,
            title=captions.title(f"{subject.name}: activations of {layer}", *convolution.facts),
        )
        for layer, convolution in zip(layers, convolutions, strict=True)
    }


FIGURE = FigureKind(
    place=110,
    alt="images of the test split, each next to what every channel of the layer computes from it",
    draw=_draw,
)
