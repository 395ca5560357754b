"""Error map: the errors of a regression at their longitude and latitude."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.drawing.columns import columns_of
from pipeline.evaluation.drawing.style import DIVERGING, GROUND, blank
from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.figures import FigureKind

_MANY = 1000  # points that must be small
_CENTRAL = 98  # percent of the errors within the colour scale; larger ones get its end colours


def plot(
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
    errors: NDArray[np.float64],
    *,
    unit: str,
    title: str,
) -> Figure:
    """Draws errors (predicted - true) by colour.

    Args:
        longitude, latitude: in degrees.
    """
    limit = float(np.percentile(np.abs(errors), _CENTRAL)) or 1.0
    figure = blank(7.0, 6.2, title)
    axes = figure.subplots()
    axes.set_facecolor(GROUND)
    size = 7 if len(errors) > _MANY else 24
    points = axes.scatter(
        longitude, latitude, c=errors, cmap=DIVERGING, vmin=-limit, vmax=limit, s=size, linewidths=0
    )
    axes.set(xlabel="longitude (degrees)", ylabel="latitude (degrees)")
    axes.set_aspect(1 / np.cos(np.radians(latitude.mean())))
    figure.colorbar(points, ax=axes, label=f"predicted - true, {unit}", extend="both", shrink=0.85)
    return figure


def _draw(subject: Subject) -> dict[str, Figure]:
    columns = columns_of(subject.meta)
    if not subject.numbers or not {"longitude", "latitude"} <= columns.keys():
        return {}
    longitude, latitude = (columns[name].values(subject.test) for name in ("longitude", "latitude"))
    if np.abs(longitude).max() > 360 or np.abs(latitude).max() > 90:
        return {}  # not in degrees
    return {
        target.suffix: plot(
            longitude,
            latitude,
            target.scores["test"].prediction - target.scores["test"].truth,
            unit=target.unit,
            title=f"{target.title}: errors of the test split by place",
        )
        for target in subject.numbers
    }


FIGURE = FigureKind(
    place=50,
    alt="predicted minus true value at the longitude and latitude of each row of the test split",
    draw=_draw,
)
