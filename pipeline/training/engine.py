"""What the loop asks of an engine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.data.prepared import Part


@dataclass(frozen=True)
class Segment:
    """Result of a run of steps: means over its `examples`, and the time of those that were timed.

    The first step of all is not timed, because it is compiled then.
    """

    metrics: dict[str, float]
    examples: int
    timed_examples: int
    seconds: float


class Engine(Protocol):
    """Runs steps of a schedule on one network; holds the network, its optimizer and the training data."""

    network: Any
    optimizer: Any

    @property
    def variables(self) -> list[Any]:
        """Every variable that training changes."""
        ...

    def run(self, start: int, stop: int, *, on_step: Callable[[int, dict[str, float]], None]) -> Segment:
        """Trains the steps `start` to `stop` of one epoch; calls `on_step` with the step reached and means so far."""
        ...

    def evaluate(self, part: Part) -> dict[str, float]:
        """Loss and metrics over a whole split, without training."""
        ...
