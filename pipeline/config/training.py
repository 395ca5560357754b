"""Settings of training: its length, batches, loss, engine and early stopping."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from omegaconf import MISSING

from pipeline.errors import require

BALANCED = "balanced"


class EngineName(Enum):
    """What runs the steps: compiled programs of whole epochs, or Keras's own `fit`."""

    compiled = "compiled"
    keras = "keras"


class Loss(Enum):
    """The losses on offer; all take the network's raw output, before softmax or sigmoid."""

    sparse_categorical_crossentropy = "sparse_categorical_crossentropy"
    categorical_crossentropy = "categorical_crossentropy"
    binary_crossentropy = "binary_crossentropy"
    perceptron = "perceptron"
    mean_squared_error = "mean_squared_error"
    mean_absolute_error = "mean_absolute_error"


class Reduction(Enum):
    """How the losses of a batch's rows become one number."""

    mean = "mean"
    sum = "sum"


class Direction(Enum):
    """Which way a metric gets better."""

    min = "min"
    max = "max"

    def improves(self, value: float, *, on: float | None, by: float) -> bool:
        """Whether `value` is better than `on` by more than `by`; any value is better than none."""
        if on is None:
            return True
        gain = on - value if self is Direction.min else value - on
        return gain > by


@dataclass
class EarlyStopping:
    """Stops after `patience` epochs in which `monitor` did not get better by more than `min_delta`.

    The weights of the best epoch are restored. Epochs before `start_epoch` do not count. Without `patience` training
    goes on to its end, and the best epoch's weights are kept all the same.
    """

    monitor: str = "validation/loss"
    direction: Direction = MISSING
    patience: int | None = 10
    min_delta: float = 0.0
    start_epoch: int = 1

    def __post_init__(self) -> None:
        patient = self.patience is None or self.patience >= 1
        require(
            patient,
            "training.early_stopping.patience",
            received=self.patience,
            expected="at least 1, or null",
        )
        require(
            self.min_delta >= 0,
            "training.early_stopping.min_delta",
            received=self.min_delta,
            expected="0 or more",
        )
        require(
            self.start_epoch >= 1,
            "training.early_stopping.start_epoch",
            received=self.start_epoch,
            expected="at least 1",
        )


@dataclass
class ReduceOnPlateau:
    """Multiplies the learning rate by `factor` after `patience` epochs without a gain in `monitor`, down to `lowest`.

    For `cooldown` epochs after that, none is counted. As Keras's `ReduceLROnPlateau`. Without `patience` the rate stays.
    """

    monitor: str = "validation/loss"
    direction: Direction = Direction.min
    factor: float = 0.1
    patience: int | None = None
    min_delta: float = 0.0001
    cooldown: int = 0
    lowest: float = 0.0

    def __post_init__(self) -> None:
        key = "training.reduce_on_plateau"
        require(
            0 < self.factor < 1,
            f"{key}.factor",
            received=self.factor,
            expected="a number above 0 and below 1",
        )
        patient = self.patience is None or self.patience >= 1
        require(patient, f"{key}.patience", received=self.patience, expected="at least 1, or null")
        require(
            self.min_delta >= 0, f"{key}.min_delta", received=self.min_delta, expected="0 or more"
        )
        require(self.cooldown >= 0, f"{key}.cooldown", received=self.cooldown, expected="0 or more")
        require(self.lowest >= 0, f"{key}.lowest", received=self.lowest, expected="0 or more")


@dataclass
class Training:
    """Length in `epochs` or in `steps`; `loss: null` takes the usual one of the task.

    The network is evaluated on the validation split at the end of each epoch and after each of the steps
    `evaluate_at`, where a snapshot of the weights is kept too. `xla: null` compiles by XLA all but networks that
    convolve or change images at random. `label_smoothing` is the share of each one-hot label that is spread over all
    classes, for `loss: categorical_crossentropy`. `class_weight` is `balanced`, which gives the classes equal weight in
    all, or a weight for each class by its name, 1 where it is not named. A training part of more than `in_memory_limit`
    bytes is read from disk as it is used; null takes half of the memory that is free. `threads` is part of a run's
    identity: convolutions on a CPU give other bits with another number.
    """

    engine: EngineName = EngineName.compiled
    xla: bool | None = None
    epochs: int | None = None
    steps: int | None = None
    batch_size: int = 64
    loss: Loss | None = None
    loss_reduction: Reduction = Reduction.mean
    label_smoothing: float = 0.0
    class_weight: Any = None
    evaluate_at: list[int] = field(default_factory=list)
    early_stopping: EarlyStopping | None = None
    reduce_on_plateau: ReduceOnPlateau = field(default_factory=ReduceOnPlateau)
    in_memory_limit: int | None = None
    threads: int = 2

    def __post_init__(self) -> None:
        by_keras = self.engine is EngineName.keras
        require(
            not (by_keras and self.xla),
            "training.xla",
            received=self.xla,
            expected="false or null for engine: keras",
        )
        given = [key for key in ("epochs", "steps") if getattr(self, key) is not None]
        require(
            len(given) == 1,
            "training.epochs",
            received=given or "neither",
            expected="one of epochs and steps",
        )
        self.class_weight = _class_weight(self.class_weight)
        smoothing = self.label_smoothing
        require(
            0 <= smoothing < 1,
            "training.label_smoothing",
            received=smoothing,
            expected="a share from 0 up to, not including, 1",
        )
        one_hot = self.loss is Loss.categorical_crossentropy
        require(
            one_hot or smoothing == 0,
            "training.label_smoothing",
            received=smoothing,
            expected="0, or training.loss: categorical_crossentropy",
        )
        for key in ("epochs", "steps", "batch_size", "in_memory_limit", "threads"):
            value = getattr(self, key)
            require(
                value is None or value >= 1,
                f"training.{key}",
                received=value,
                expected="a whole number from 1",
            )
        require(
            all(step >= 0 for step in self.evaluate_at),
            "training.evaluate_at",
            received=self.evaluate_at,
            expected="a list of steps from 0",
        )
        if self.steps is not None:
            beyond = [step for step in self.evaluate_at if step > self.steps]
            require(
                not beyond,
                "training.evaluate_at",
                received=beyond,
                expected=f"no step after the last, {self.steps}",
            )

    @property
    def loss_is_plain(self) -> bool:
        """Whether the loss is a mean over rows against the labels as they are, so that it says the same for any batch."""
        return self.loss_reduction is Reduction.mean and self.label_smoothing == 0


def _class_weight(given: Any) -> dict[str, float] | str | None:
    """What OmegaConf has no type for: one word, or a weight for each name; a name may look like a number."""
    if given is None or given == BALANCED:
        return given  # type: ignore[no-any-return]
    key, expected = "training.class_weight", f"{BALANCED}, {{class name: weight, …}} or null"
    require(isinstance(given, dict) and bool(given), key, received=given, expected=expected)
    for name, weight in given.items():
        named = isinstance(name, str | int) and not isinstance(name, bool)
        require(
            named,
            key,
            received=name,
            expected="names of classes; put yes, no, on and off into quotes",
        )
        is_number = (
            isinstance(weight, int | float)
            and not isinstance(weight, bool)
            and 0 <= weight < float("inf")
        )
        require(is_number, key, received=f"{name}: {weight}", expected="weights of 0 or more")
    return {str(name): float(weight) for name, weight in given.items()}
