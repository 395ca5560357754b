"""Overfitting in a history: validation loss rises while the loss of the training rows falls."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.runs.history import Point

SHARE = 0.1  # a smaller relative change of a loss does not count
_NOISE = 4  # nor does one below this many standard deviations of an epoch's noise
_WINDOWS = 10  # losses are averaged over a tenth of the training


@dataclass(frozen=True)
class Overfitting:
    """When a training began to overfit.

    Args:
        epoch: the epoch with the lowest validation loss.
        lowest: the validation loss around that epoch.
        last: the validation loss at the end of the training.
    """

    epoch: int
    lowest: float
    last: float

    def __str__(self) -> str:
        return f"overfits from epoch {self.epoch}"


def overfitting(history: Sequence[Point]) -> Overfitting | None:
    """Finds the epoch from which a training overfits its last weights, or returns None.

    Losses are averages over a tenth of the epochs. Epoch E has the lowest validation loss. The
    training overfits from E if, at its end,

    1. the validation loss is above that of E, and
    2. the loss of the training rows is below that of E,

    each by more than 10 % and by more than four standard deviations of an epoch's noise. The noise
    is the deviation of an epoch's loss from the mean of its neighbours (von Neumann 1941). Points
    inside an epoch and a diverged one do not count.
    """
    ends = [point for point in history if point.epoch > 0 and float(point.epoch).is_integer()]
    ends = [point for point in ends if np.isfinite(list(point.metrics.values())).all()]
    if not ends:
        return None
    train = "train/loss" if "train/loss" in ends[-1].metrics else "running/loss"
    fitted, held_out = (_losses(ends, name) for name in (train, "validation/loss"))
    width = max(1, len(ends) // _WINDOWS)
    smooth_fitted, smooth_held_out = (_averaged(values, width) for values in (fitted, held_out))
    best = int(np.argmin(smooth_held_out))
    rise = smooth_held_out[-1] - smooth_held_out[best]
    fall = smooth_fitted[best] - smooth_fitted[-1]
    if rise <= _threshold(held_out, smooth_held_out[best]):
        return None
    if fall <= _threshold(fitted, smooth_fitted[best]):
        return None
    centre = ends[best + width // 2]
    return Overfitting(int(centre.epoch), float(smooth_held_out[best]), float(smooth_held_out[-1]))


def _losses(points: Sequence[Point], name: str) -> NDArray[np.float64]:
    return np.array([point.metrics[name] for point in points])


def _averaged(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The means of all windows of `width` epochs."""
    return np.convolve(values, np.full(width, 1 / width), mode="valid")


def _threshold(values: NDArray[np.float64], level: float) -> float:
    """The largest change of a loss from `level` that does not count."""
    # Only the second half, because the curved fall at the beginning is not noise.
    later = values[len(values) // 2 :]
    noise = 0.0
    if len(later) > 2:
        deviations = later[1:-1] - (later[:-2] + later[2:]) / 2
        noise = float(np.sqrt(np.mean(deviations**2) / 1.5))
    return max(SHARE * abs(level), _NOISE * noise)
