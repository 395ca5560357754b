"""The history of a training: one point for each evaluation."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from pipeline.files import replacing


@dataclass(frozen=True)
class Point:
    """One evaluation, after `step` optimizer steps.

    Args:
        epoch: passes over the training split, in fractions.
        timestamp: milliseconds since 1970.
        seconds: the time that all processes have spent on the training.
        training_seconds: the time of the training passes, without compilation.
        timed_examples: the number of rows in those passes.
        metrics: `running/loss` is the mean over the epoch so far of what training minimises, with
            penalties, class weights and dropout. `train/…` and `validation/…` are measured at this
            step, without them.
    """

    step: int
    epoch: float
    timestamp: int
    seconds: float
    training_seconds: float
    timed_examples: int
    learning_rate: float
    metrics: dict[str, float]

    @property
    def examples_per_second(self) -> float:
        """Rows per second of the training passes; 0 before the first timed one."""
        return self.timed_examples / self.training_seconds if self.training_seconds > 0 else 0.0


def divergence(history: Sequence[Point]) -> Point | None:
    """The last point, if one of its figures is not a finite number.

    A training ends there. The weights of that point are of no use.
    """
    last = history[-1] if history else None
    diverged = last is not None and not all(map(math.isfinite, last.metrics.values()))
    return last if diverged else None


_FACTS = [field.name for field in fields(Point) if field.name != "metrics"]


def write(history: Sequence[Point], path: Path) -> None:
    """Writes one row for each point. The cell of a missing metric is empty."""
    names = list(dict.fromkeys(name for point in history for name in point.metrics))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*_FACTS, *names])
        for point in history:
            facts = [getattr(point, fact) for fact in _FACTS]
            writer.writerow([*facts, *(point.metrics.get(name, "") for name in names)])


def read(path: Path) -> list[Point]:
    """Reads what `write` wrote. The floats are exactly the same."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_point(row) for row in csv.DictReader(file)]


def _point(row: dict[str, str]) -> Point:
    metrics = {
        name: float(value) for name, value in row.items() if name not in _FACTS and value != ""
    }
    return Point(
        step=int(row["step"]),
        epoch=float(row["epoch"]),
        timestamp=int(row["timestamp"]),
        seconds=float(row["seconds"]),
        training_seconds=float(row["training_seconds"]),
        timed_examples=int(row["timed_examples"]),
        learning_rate=float(row["learning_rate"]),
        metrics=metrics,
    )
