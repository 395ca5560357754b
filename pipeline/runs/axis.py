"""The axis of learning curves: epochs or steps, as the training is evaluated."""

from collections.abc import Sequence

from pipeline.runs.history import Point

EPOCH, STEP = "epoch", "step"


def axis_of(history: Sequence[Point]) -> str:
    """`step` if most evaluations are inside an epoch, as with `training.evaluate_at`; or `epoch`.

    The evaluation of the initial weights does not count.
    """
    points = [point for point in history if point.step > 0]
    inside = sum(not float(point.epoch).is_integer() for point in points)
    return STEP if inside > len(points) / 2 else EPOCH


def place(point: Point, axis: str) -> float:
    """Where a point is on an axis."""
    return point.step if axis == STEP else point.epoch
