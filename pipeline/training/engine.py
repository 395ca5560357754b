"""The interface between the training loop and an engine."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Split
from pipeline.training.schedule import Schedule


@dataclass(frozen=True)
class TrainingTask:
    """What an engine trains, on which rows, in which order.

    Args:
        network: the uncompiled `keras.Model` that is saved, sequential or functional.
        trained: the network itself, or a network that shares its weights and adds layers that act
            in training only.
        optimizer, loss: Keras's own objects.
        program: identifies the compiled program; None if no other task may share it.
    """

    network: Any
    trained: Any
    optimizer: Any
    loss: Any
    train: Split
    schedule: Schedule
    program: str | None = None


@dataclass(frozen=True)
class Reading:
    """The mean of the loss since `reset`, and the speed of training.

    Args:
        metrics: the mean, by its name `loss`.
        timed_examples: the number of rows in the timed steps. A step that compiles is not timed.
        seconds: the time of these steps.
    """

    metrics: dict[str, float]
    timed_examples: int
    seconds: float


class Engine(Protocol):
    """Runs the steps of a schedule on one network.

    Attributes:
        model: the compiled `keras.Model`. The engine runs its steps.
    """

    task: TrainingTask
    model: Any
    network: Any
    optimizer: Any

    @property
    def variables(self) -> list[Any]:
        """Every variable that training changes."""
        ...

    def get_state(self) -> list[NDArray[Any]]:
        """Values of `variables` and of the metrics: everything the next step depends on."""
        ...

    def set_state(self, values: list[NDArray[Any]]) -> None:
        """Restores a result of `get_state`; raises `ValueError` for another network's."""
        ...

    def averaged(self) -> AbstractContextManager[None]:
        """Gives the network the optimizer's averaged weights while the context is open.

        Without averages the network keeps its weights. Afterwards it has the same bits as before.
        """
        ...

    def reset(self) -> None:
        """Restarts the mean of the loss."""
        ...

    def run(self, start: int, stop: int, *, on_step: Callable[[int, Reading], None]) -> Reading:
        """Trains the steps `start` to `stop` of one epoch, slice by slice.

        After each slice it calls `on_step` with the step reached. An exception raised there ends
        the run after that step.
        """
        ...

    def predict(self, split: Split) -> NDArray[np.float32]:
        """The network's raw output for a whole split, `(rows, outputs)`, without dropout."""
        ...

    def rest(self) -> None:
        """Says that nothing uses the engine and its network any more.

        A later task of the same program may then take both.
        """
        ...
