"""Ways to train an experiment for some seconds: Keras's `fit`, and the engine of this package.

All train the same network by the same loss and optimizer on the same rows. None evaluates, saves or
records anything.
"""

import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from pipeline.config.experiment import ExperimentConfig
from pipeline.data.prepared import load_meta
from pipeline.layout import PREPARED
from pipeline.training import fitting
from pipeline.training.engine import Engine, Reading, TrainingTask
from pipeline.training.fitted_model import columns, model_of
from pipeline.training.schedule import Schedule

_STEPS_PER_EXECUTION = (10, 50, 200)
_FIRST_STEPS = 32


@dataclass(frozen=True)
class Turn:
    """What was trained in one turn.

    Args:
        rows: the number of examples. A row counts once for each epoch.
    """

    rows: int
    seconds: float

    @property
    def rate(self) -> float:
        """Examples per second."""
        return self.rows / self.seconds


class Way(Protocol):
    """Trains for about the same time in each turn, and continues where it stopped.

    Attributes:
        settings: what was chosen for it, for people; may be empty.
    """

    settings: str

    def train(self) -> Turn:
        """Trains for one turn. Everything is already compiled."""
        ...


def build(name: str, config: ExperimentConfig, *, seconds: float, limit: float) -> Way:
    """Builds a way, and trains a little to compile it.

    Args:
        name: `plain`, `tuned` or `engine`.
        seconds: the length of a turn.
        limit: the seconds in which `tuned` tries its settings. The first one is always tried.

    Raises:
        PipelineError: the settings do not suit the data.
    """
    folder = PREPARED / config.data.name
    fit = fitting.build(config, load_meta(folder), folder)
    if name == "engine":
        return _Engine(fit.engine, fit.schedule, seconds)
    if name == "plain":
        return _Fit(fit.engine.task, seconds)
    return _fastest(fit.engine.task, seconds, limit)


def _fastest(task: TrainingTask, seconds: float, limit: float) -> Way:
    """The fastest of several settings of `fit`."""
    began = time.perf_counter()
    tried: list[tuple[float, _Fit]] = []
    for steps, jit in product(_STEPS_PER_EXECUTION, (False, True)):
        if tried and time.perf_counter() - began > limit:
            break
        way = _Fit(task, seconds, steps_per_execution=steps, jit_compile=jit)
        tried.append((way.train().rate, way))
    return max(tried, key=lambda one: one[0])[1]


class _Fit:
    """`keras.Model.fit` on arrays in memory: a part of the rows, or several epochs of all.

    Each turn trains the same rows, because Keras compiles again for another number of steps.

    Args:
        options: arguments of `compile`.
    """

    def __init__(self, task: TrainingTask, seconds: float, **options: Any) -> None:
        self._model = model_of(task.trained)
        with warnings.catch_warnings():  # Keras warns if XLA cannot compile the network
            warnings.simplefilter("ignore", UserWarning)
            self._model.compile(optimizer=task.optimizer, loss=task.loss, **options)
        used = {option: getattr(self._model, option) for option in options}
        self.settings = ", ".join(f"{option}={value}" for option, value in used.items())
        self._rows = tf.nest.map_structure(np.asarray, columns(task.train))
        self._count = len(task.train)
        self._batch = task.schedule.batch_size
        self._choose(_FIRST_STEPS * self._batch)
        self.train()
        self._choose(int(seconds * self.train().rate))
        self.train()

    def _choose(self, rows: int) -> None:
        """Chooses the rows and epochs of each turn. Their product is about `rows`."""
        whole = -(-max(rows, 1) // self._batch) * self._batch
        self._used = min(self._count, whole)
        self._epochs = max(1, whole // self._used)

    def train(self) -> Turn:
        """Calls `fit` once."""
        part = tf.nest.map_structure(lambda array: array[: self._used], self._rows)
        began = time.perf_counter()
        self._fit(part, self._epochs)
        return Turn(self._used * self._epochs, time.perf_counter() - began)

    def _fit(self, part: Any, epochs: int) -> None:
        x, y, *weights = part
        self._model.fit(
            x,
            y,
            sample_weight=weights[0] if weights else None,
            batch_size=self._batch,
            epochs=epochs,
            verbose=0,
        )


class _Engine:
    """The engine that `training.engine` names."""

    settings = ""

    def __init__(self, engine: Engine, schedule: Schedule, seconds: float) -> None:
        self._engine, self._schedule, self._seconds = engine, schedule, seconds
        self._step = 0
        self.train()

    def train(self) -> Turn:
        """Trains step by step through the epochs, even after the last one of the schedule."""
        began = time.perf_counter()
        rows = 0
        while time.perf_counter() < began + self._seconds:
            rows += self._train_until(began + self._seconds)
        return Turn(rows, time.perf_counter() - began)

    def _train_until(self, end: float) -> int:
        """Trains to the end of the epoch or of the time. Returns the number of rows."""
        start, length = self._step, self._schedule.steps_per_epoch

        def on_step(step: int, _: Reading) -> None:
            self._step = step
            if time.perf_counter() >= end:
                raise _TimeIsUpError

        if start % length == 0:
            self._engine.reset()
        with suppress(_TimeIsUpError):
            self._engine.run(start, (start // length + 1) * length, on_step=on_step)
        return self._schedule.row_count(start, self._step)


class _TimeIsUpError(Exception):
    """Ends a segment after a step."""
