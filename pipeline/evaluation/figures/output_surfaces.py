"""Output surfaces: the output for two classes over the plane of two features."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.drawing.plane import plane_of
from pipeline.evaluation.drawing.style import SEQUENTIAL, blank
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.figures import FigureKind
from pipeline.models import anatomy
from pipeline.models.serving import serve

_FACES = 100  # of a surface along each axis


def plot(
    across: NDArray[np.float64],
    up: NDArray[np.float64],
    outputs: Mapping[str, NDArray[np.float64]],
    *,
    names: tuple[str, str],
    title: str,
) -> Figure:
    """Draws one surface for each output, all on one scale.

    Args:
        across, up: values along both axes.
        outputs: by title, from 0 to 1, shape `(len(up), len(across))`.
        names: the features along both axes.
    """
    figure = blank(4.9 * len(outputs) + 0.6, 4.4, title)
    panels = figure.subplots(1, len(outputs), squeeze=False, subplot_kw={"projection": "3d"})[0]
    some = slice(None, None, max(1, len(across) // _FACES))
    mesh = np.meshgrid(across[some], up[some])
    look = {
        "cmap": SEQUENTIAL,
        "vmin": 0,
        "vmax": 1,
        "rstride": 1,
        "cstride": 1,
        "linewidth": 0,
        "antialiased": False,
    }
    for axes, (name, output) in zip(panels, outputs.items(), strict=True):
        surface = axes.plot_surface(*mesh, output[some, some], **look)
        surface.set_array(_middles(output[some, some]).ravel())
        axes.set(xlabel=names[0], ylabel=names[1], zlabel="output", zlim=(0, 1))
        axes.set_title(name, fontsize=10)
        axes.view_init(elev=28, azim=-60)
    figure.colorbar(surface, ax=panels, label="output", shrink=0.7, pad=0.08)
    return figure


def _middles(output: NDArray[np.float64]) -> NDArray[np.float64]:
    """Halfway between the lowest and the highest corner of each face.

    So a step has one colour between its levels.
    """
    corners = np.stack([output[:-1, :-1], output[1:, :-1], output[:-1, 1:], output[1:, 1:]])
    return np.asarray((corners.min(axis=0) + corners.max(axis=0)) / 2)


def _draw(subject: Subject) -> dict[str, Figure]:
    plane = plane_of(subject)
    if plane is None or len(subject.classes) != 2:
        return {}
    with_steps = serve(anatomy.with_steps(subject.network), subject.meta)
    outputs = {
        "with its own activations and a sigmoid": plane.probabilities(subject.model)[:, :, 1],
        "with steps instead": (plane.probabilities(with_steps)[:, :, 1] >= 0.5).astype(np.float64),
    }
    title = f"{subject.name}: output for the class {subject.classes[1]}"
    return {"": plot(plane.across, plane.up, outputs, names=plane.names, title=title)}


FIGURE = FigureKind(
    place=70,
    alt="the output of the model at each point of the plane of both features",
    draw=_draw,
)
