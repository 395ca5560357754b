"""What the loop asks of an engine."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from pipeline.data.prepared import Part


@dataclass(frozen=True)
class Progress:
    """How far a run of steps is: means of the metrics since `reset`, and the time of the examples that were timed.

    The first step of all is not timed, because it is compiled then.
    """

    metrics: dict[str, float]
    timed_examples: int
    seconds: float


class Engine(Protocol):
    """Runs steps of a schedule on one network; holds the network, its optimizer and the training data."""

    network: Any
    optimizer: Any

    @property
    def metric_names(self) -> list[str]:
        """Names of the metrics that `run` and `evaluate` give; the first is `loss`."""
        ...

    @property
    def variables(self) -> list[Any]:
        """Every variable that training changes."""
        ...

    def get_state(self) -> list[NDArray[Any]]:
        """Values of `variables` and of the metrics' accumulators: all that the next step depends on."""
        ...

    def set_state(self, values: list[NDArray[Any]]) -> None:
        """Puts back what `get_state` gave; raises `ValueError` where it was given by another network."""
        ...

    def averaged(self) -> AbstractContextManager[None]:
        """Inside, the network has the optimizer's averaged weights where it keeps any; after it, its own, bit for bit."""
        ...

    def reset(self) -> None:
        """Begins the means of the metrics anew."""
        ...

    def run(self, start: int, stop: int, *, on_step: Callable[[int, Progress], None]) -> Progress:
        """Trains the steps `start` to `stop` of one epoch; calls `on_step` with the step reached, slice by slice.

        An exception raised by `on_step` ends the run after that step.
        """
        ...

    def evaluate(self, part: Part) -> dict[str, float]:
        """Loss and metrics over a whole split, without training; the means of training are lost."""
        ...
