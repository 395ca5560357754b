"""How far predictions of a number are off, and where."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.drawing.style import DIVERGING, GROUND, TRAIN, VALIDATION, blank

_MANY = 1000  # points that must be small
_CENTRAL = 98  # per cent of the errors that the colours of the map tell apart


def residuals(
    targets: NDArray[np.float64], predictions: NDArray[np.float64], *, unit: str, title: str
) -> Figure:
    """Predicted against true, and the residuals (predicted - true) against the prediction."""
    figure = blank(9.6, 4.6, title)
    left, right = figure.subplots(1, 2)
    look = {"s": 6, "alpha": 0.35} if len(targets) > _MANY else {"s": 16, "alpha": 0.7}
    low, high = (
        float(min(targets.min(), predictions.min())),
        float(max(targets.max(), predictions.max())),
    )
    left.scatter(targets, predictions, color=TRAIN, linewidths=0, **look)
    left.plot([low, high], [low, high], color="black", linewidth=1, label="exact")
    left.set(xlabel=f"true {unit}", ylabel=f"predicted {unit}", aspect="equal")
    left.legend(frameon=False)
    right.scatter(
        predictions, predictions - targets, color=VALIDATION, marker="D", linewidths=0, **look
    )
    right.axhline(0, color="black", linewidth=1)
    right.set(xlabel=f"predicted {unit}", ylabel=f"residual: predicted - true\n{unit}")
    return figure


def error_map(
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
    errors: NDArray[np.float64],
    *,
    unit: str,
    title: str,
) -> Figure:
    """Errors (predicted - true) where they were made, by degrees; the largest have the ends of the colour scale."""
    limit = float(np.percentile(np.abs(errors), _CENTRAL)) or 1.0
    figure = blank(7.0, 6.2, title)
    axes = figure.subplots()
    axes.set_facecolor(GROUND)  # where white points can be seen
    size = 7 if len(errors) > _MANY else 24
    points = axes.scatter(
        longitude, latitude, c=errors, cmap=DIVERGING, vmin=-limit, vmax=limit, s=size, linewidths=0
    )
    axes.set(xlabel="longitude (degrees)", ylabel="latitude (degrees)")
    axes.set_aspect(1 / np.cos(np.radians(latitude.mean())))
    figure.colorbar(points, ax=axes, label=f"predicted - true, {unit}", extend="both", shrink=0.85)
    return figure
