"""Settings of training: its length, batches, loss, engine and early stopping."""

from dataclasses import dataclass, field
from enum import Enum

from omegaconf import MISSING

from pipeline.errors import require


class EngineName(Enum):
    """What runs the steps: compiled programs of whole epochs, or Keras's own `fit`."""

    compiled = "compiled"
    keras = "keras"


class Loss(Enum):
    """The losses on offer; all take the network's raw output, before softmax or sigmoid."""

    sparse_categorical_crossentropy = "sparse_categorical_crossentropy"
    binary_crossentropy = "binary_crossentropy"
    perceptron = "perceptron"
    mean_squared_error = "mean_squared_error"
    mean_absolute_error = "mean_absolute_error"


class Direction(Enum):
    """Which way a metric gets better."""

    min = "min"
    max = "max"


@dataclass
class EarlyStopping:
    """Stops after `patience` epochs in which `monitor` did not get better by more than `min_delta`.

    The weights of the best epoch are restored. Epochs before `start_epoch` do not count.
    """

    monitor: str = "validation/loss"
    direction: Direction = MISSING
    patience: int = 10
    min_delta: float = 0.0
    start_epoch: int = 1

    def __post_init__(self) -> None:
        require(self.patience >= 1, "training.early_stopping.patience", received=self.patience, expected="at least 1")
        require(self.min_delta >= 0, "training.early_stopping.min_delta", received=self.min_delta, expected="0 or more")
        require(self.start_epoch >= 1, "training.early_stopping.start_epoch", received=self.start_epoch, expected="at least 1")


@dataclass
class Training:
    """Length in `epochs` or in `steps`; `loss: null` takes the usual one of the task.

    The network is evaluated on the validation split at the end of each epoch and after each of the steps
    `evaluate_at`, where a snapshot of the weights is kept too. `xla: null` compiles by XLA all but networks that
    convolve. `threads` is part of a run's identity: convolutions on a CPU give other bits with another number.
    """

    engine: EngineName = EngineName.compiled
    xla: bool | None = None
    epochs: int | None = None
    steps: int | None = None
    batch_size: int = 64
    loss: Loss | None = None
    evaluate_at: list[int] = field(default_factory=list)
    early_stopping: EarlyStopping | None = None
    threads: int = 2

    def __post_init__(self) -> None:
        by_keras = self.engine is EngineName.keras
        require(not (by_keras and self.xla), "training.xla", received=self.xla, expected="false or null for engine: keras")
        given = [key for key in ("epochs", "steps") if getattr(self, key) is not None]
        require(len(given) == 1, "training.epochs", received=given or "neither", expected="one of epochs and steps")
        for key in ("epochs", "steps", "batch_size", "threads"):
            value = getattr(self, key)
            require(value is None or value >= 1, f"training.{key}", received=value, expected="a whole number from 1")
        require(
            all(step >= 0 for step in self.evaluate_at),
            "training.evaluate_at",
            received=self.evaluate_at,
            expected="a list of steps from 0",
        )
        if self.steps is not None:
            beyond = [step for step in self.evaluate_at if step > self.steps]
            require(not beyond, "training.evaluate_at", received=beyond, expected=f"no step after the last, {self.steps}")
