"""Overfitting, read from a history: validation loss rises while training loss falls."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.runs.history import Point

TOLERANCE = 0.05


@dataclass(frozen=True)
class Overfitting:
    """Validation loss was `lowest` at the end of `epoch`, and is `last` in the end."""

    epoch: int
    lowest: float
    last: float

    def __str__(self) -> str:
        return f"overfits from epoch {self.epoch}"


def overfitting(history: Sequence[Point]) -> Overfitting | None:
    """From where on a training overfits, if it does.

    Of the points at ends of epochs, E is the first with the lowest validation loss. The training overfits from epoch E
    on if, at the last of these points,

    1. validation loss is more than 5 % above that of E, and
    2. training loss is below that of E.

    The loss is `log_loss` where it was measured, the mean over rows whatever the loss that was trained, and `loss`
    otherwise. Points inside an epoch do not count: their training loss is the mean over a part of it.
    """
    ends = [point for point in history if point.epoch > 0 and float(point.epoch).is_integer()]
    if not ends:
        return None
    name = "log_loss" if "validation/log_loss" in ends[-1].metrics else "loss"
    best, last = min(ends, key=lambda point: point.metrics[f"validation/{name}"]), ends[-1]
    lowest, reached = (point.metrics[f"validation/{name}"] for point in (best, last))
    rises = reached > (1 + TOLERANCE) * lowest
    falls = last.metrics[f"train/{name}"] < best.metrics[f"train/{name}"]
    return Overfitting(int(best.epoch), lowest, reached) if rises and falls else None
