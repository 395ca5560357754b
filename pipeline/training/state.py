"""The state of a training between two steps. A checkpoint holds all of it."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from numpy.typing import NDArray

from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.history import Point
from pipeline.training.stopping import PlateauState, StoppingState


@dataclass
class EpochMeans:
    """Means over the segments of the current epoch, weighted by their rows."""

    rows: int = 0
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, metrics: dict[str, float], rows: int) -> None:
        """Adds the means over one segment of `rows` rows."""
        self.rows += rows
        for name, value in metrics.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * rows

    def means(self) -> dict[str, float]:
        return {f"running/{name}": value / self.rows for name, value in self.sums.items()}


@dataclass
class State:
    """Position, history, means and decisions. The engine holds the rest.

    Args:
        stop_requested: whether a listener has asked to stop.
        seconds: the time that all processes have spent on the training.
        training_seconds: the time of the training passes, without compilation.
        timed_examples: the number of rows in those passes.
        best_weights: the weights that early stopping restores.
    """

    step: int = 0
    stop_requested: bool = False
    history: list[Point] = field(default_factory=list)
    epoch: EpochMeans = field(default_factory=EpochMeans)
    seconds: float = 0.0
    training_seconds: float = 0.0
    timed_examples: int = 0
    stopping: StoppingState = field(default_factory=StoppingState)
    plateau: PlateauState = field(default_factory=PlateauState)
    best_weights: list[NDArray[Any]] = field(default_factory=list)

    def to_checkpoint(self, engine: list[NDArray[Any]]) -> Checkpoint:
        """Adds the state of the engine."""
        facts = asdict(replace(self, best_weights=[]))  # asdict would copy all arrays
        del facts["best_weights"]
        return Checkpoint(facts, {"engine": engine, "best_weights": self.best_weights})

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> Self:
        """Restores a state. Ignores facts that others have added."""
        facts = checkpoint.facts
        plain = {one.name: facts[one.name] for one in fields(cls) if one.name in facts}
        return cls(
            **plain
            | {
                "history": [Point(**point) for point in facts["history"]],
                "epoch": EpochMeans(**facts["epoch"]),
                "stopping": StoppingState(**facts["stopping"]),
                "plateau": PlateauState(**facts["plateau"]),
                "best_weights": checkpoint.arrays["best_weights"],
            }
        )
