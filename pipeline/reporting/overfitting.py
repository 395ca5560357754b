"""Overfitting in a history: validation loss rises while training loss falls."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.runs.history import Point

TOLERANCE = 0.05


@dataclass(frozen=True)
class Overfitting:
    """When a training began to overfit.

    Args:
        epoch: the epoch with the lowest validation loss.
        lowest: the validation loss of that epoch.
        last: the validation loss at the end of the training.
    """

    epoch: int
    lowest: float
    last: float

    def __str__(self) -> str:
        return f"overfits from epoch {self.epoch}"


def overfitting(history: Sequence[Point]) -> Overfitting | None:
    """Finds the epoch from which a training overfits, or returns None.

    Epoch E has the lowest validation loss. The training overfits from E if, after the last epoch,

    1. validation loss is more than 5 % above that of E, and
    2. training loss is below that of E.

    The loss is `log_loss` if training measured it, because that is always a mean over rows.
    Points inside an epoch do not count, because their training loss is the mean over a part of it.
    """
    ends = [point for point in history if point.epoch > 0 and float(point.epoch).is_integer()]
    if not ends:
        return None
    name = "log_loss" if "validation/log_loss" in ends[-1].metrics else "loss"
    best, last = min(ends, key=lambda point: point.metrics[f"validation/{name}"]), ends[-1]
    lowest, final = (point.metrics[f"validation/{name}"] for point in (best, last))
    rises = final > (1 + TOLERANCE) * lowest
    falls = last.metrics[f"train/{name}"] < best.metrics[f"train/{name}"]
    return Overfitting(int(best.epoch), lowest, final) if rises and falls else None
