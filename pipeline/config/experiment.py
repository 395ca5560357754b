"""Settings of a whole experiment: what `compose` resolves and `train` runs."""

import math
from dataclasses import dataclass, field

from omegaconf import MISSING

from pipeline.config.data import Data
from pipeline.config.model import Model
from pipeline.config.optimizer import Optimizer, Schedule
from pipeline.config.rules import is_name
from pipeline.config.tracking import Tracking
from pipeline.config.training import EngineName, Training
from pipeline.errors import require

# Settings that cannot change a bit of a training. They are not part of a run's identity.
WITHOUT_EFFECT = ("tracking", "checkpoint")


@dataclass
class Claim:
    """A figure that the experiment must reach: `metric` is `test/accuracy`, `parameters`, …"""

    metric: str = MISSING
    at_least: float = -math.inf
    at_most: float = math.inf

    def __post_init__(self) -> None:
        bounded = self.at_least > -math.inf or self.at_most < math.inf
        require(
            bounded,
            "claims",
            received=self.metric,
            expected="at_least or at_most beside each metric",
        )

    def is_met_by(self, value: float) -> bool:
        """Whether `value` lies within the bounds."""
        return self.at_least <= value <= self.at_most

    def values(self) -> dict[str, str | float]:
        """The claim as JSON holds it: a bound that is not set is left out."""
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        return {"metric": self.metric} | {
            key: bound for key, bound in bounds.items() if math.isfinite(bound)
        }

    def __str__(self) -> str:
        if self.at_least == self.at_most:
            return f"{self.metric} = {self.at_least:,g}"
        bounds = [f"≥ {self.at_least:g}"] if self.at_least > -math.inf else []
        bounds += [f"≤ {self.at_most:g}"] if self.at_most < math.inf else []
        return f"{self.metric} {' and '.join(bounds)}"


@dataclass
class Checkpointing:
    """A checkpoint is written at evaluations, and inside an epoch when the last one is `every_seconds` old.

    After the epoch `pause_at` training pauses: with a later one, or without, the same run goes on.
    """

    every_seconds: float = 30.0
    pause_at: int | None = None

    def __post_init__(self) -> None:
        require(
            self.every_seconds > 0,
            "checkpoint.every_seconds",
            received=self.every_seconds,
            expected="a number above 0",
        )
        possible = self.pause_at is None or self.pause_at >= 1
        require(
            possible,
            "checkpoint.pause_at",
            received=self.pause_at,
            expected="a whole number from 1, or null",
        )


@dataclass
class ExperimentConfig:
    """A whole experiment.

    `claims` and `reported`, the figure that the original course states, are read by the report alone: a run does not
    depend on them. `force` trains a run anew that is finished or
    has a checkpoint.
    """

    name: str = ""
    seed: int = 42
    data: Data = MISSING
    model: Model = MISSING
    optimizer: Optimizer = MISSING
    training: Training = MISSING
    tracking: Tracking = field(default_factory=Tracking)
    checkpoint: Checkpointing = field(default_factory=Checkpointing)
    force: bool = False
    claims: list[Claim] = field(default_factory=list)
    reported: str = ""

    def __post_init__(self) -> None:
        if self.training.xla is None:
            # On a CPU, XLA's convolutions and the gradients of its pooling are many times slower than TensorFlow's.
            self.training.xla = (
                self.training.engine is EngineName.compiled and not self.model.convolves
            )
        falls_twice = (
            self.optimizer.schedule is not Schedule.constant
            and self.training.reduce_on_plateau.patience is not None
        )
        require(
            not falls_twice,
            "optimizer.schedule",
            received=f"{self.optimizer.schedule.value} beside training.reduce_on_plateau.patience",
            expected="one rule for the learning rate",
        )
        require(
            is_name(self.name),
            "name",
            received=self.name,
            expected="lower-case letters, digits and _",
        )
        require(
            0 <= self.seed < 2**32,
            "seed",
            received=self.seed,
            expected="an integer from 0 to 4,294,967,295",
        )
