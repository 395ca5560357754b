"""The engine that trains with Keras's own `fit`. Each run of steps is one call."""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.config.training import Training
from pipeline.data.prepared import Split
from pipeline.training.engine import Reading, TrainingTask
from pipeline.training.fitted_model import FittedModel, batch_of, columns, gathered
from pipeline.training.optimizers import averages_weights
from pipeline.training.rows import memory_limit, size_of
from pipeline.training.schedule import Schedule
from pipeline.training.variables import assign, values_of


def build(task: TrainingTask, training: Training) -> "KerasEngine":
    """Builds the engine of a task."""
    return KerasEngine(task, in_memory_limit=memory_limit(training))


class KerasEngine(FittedModel):
    """Plain `fit` on rows in the order of the schedule.

    Args:
        in_memory_limit: bytes. The batches of a larger training split are read from disk; the bits
            of the result are the same.
    """

    def __init__(self, task: TrainingTask, *, in_memory_limit: int | None = None) -> None:
        super().__init__(task)
        self._schedule = task.schedule
        in_memory = in_memory_limit is None or size_of(task.train) <= in_memory_limit
        self._gather = _from_memory(task.train) if in_memory else _from_disk(task.train)
        self._compiled = False

    def run(self, start: int, stop: int, *, on_step: Callable[[int, Reading], None]) -> Reading:
        """Trains the steps `start` to `stop` of one epoch with one call of `fit`."""
        steps = _Steps(
            self.model, self._schedule, start, skip_first=not self._compiled, on_step=on_step
        )
        self.model.fit(
            _batches(self._schedule.indices(start, stop), self._schedule.batch_size, self._gather),
            epochs=1,
            steps_per_epoch=stop - start,
            shuffle=False,
            verbose=0,
            callbacks=[steps],
        )
        steps.restore_weights()
        self._compiled = True
        return steps.progress


def _batches(rows: NDArray[np.int32], batch_size: int, gather: Callable[[Any], Any]) -> Any:
    return tf.data.Dataset.from_tensor_slices(rows).batch(batch_size).map(gather).prefetch(2)


def _from_memory(split: Split) -> Callable[[Any], Any]:
    arrays = tf.nest.map_structure(lambda array: tf.constant(np.asarray(array)), columns(split))
    return lambda rows: gathered(arrays, rows)


def _from_disk(split: Split) -> Callable[[Any], Any]:
    arrays = columns(split)
    flat = tf.nest.flatten(arrays)

    def read(rows: NDArray[np.int32]) -> list[NDArray[Any]]:
        return tf.nest.flatten(batch_of(split, rows))  # type: ignore[no-any-return]

    def gather(rows: Any) -> Any:
        tensors = tf.numpy_function(read, [rows], [array.dtype for array in flat])
        for tensor, array in zip(tensors, flat, strict=True):
            tensor.set_shape([None, *array.shape[1:]])
        return tf.nest.pack_sequence_as(arrays, tensors)

    return gather


class _Steps(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports each step of a `fit`.

    If the first step compiles, time counts from its end.
    """

    def __init__(
        self,
        model: Any,
        schedule: Schedule,
        start: int,
        *,
        skip_first: bool,
        on_step: Callable[[int, Reading], None],
    ) -> None:
        super().__init__()
        self.progress = Reading({}, timed_examples=0, seconds=0.0)
        self._accumulated = values_of(model.metrics_variables)
        self._weights: list[NDArray[Any]] = []
        self._trained, self._schedule, self._start = model, schedule, start
        self._on_step = on_step
        self._timed_from = start + 1 if skip_first else start
        self._began = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002 - Keras's signature
        """Undoes the reset of the mean loss by `fit`, so that it continues."""
        assign(self._trained.metrics_variables, self._accumulated)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Reports the step."""
        step, now = self._start + batch + 1, time.perf_counter()
        if step <= self._timed_from:
            self._began = now
        means = {name: float(value) for name, value in (logs or {}).items()}
        timed = self._schedule.row_count(self._timed_from, step) if step > self._timed_from else 0
        self.progress = Reading(means, timed_examples=timed, seconds=now - self._began)
        self._on_step(step, self.progress)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002 - Keras's signature
        """Copies the weights, because `fit` overwrites them with averages at its end."""
        if averages_weights(self._trained.optimizer):
            self._weights = values_of(self._trained.trainable_variables)

    def restore_weights(self) -> None:
        """Restores the weights that `fit` overwrote."""
        if self._weights:
            assign(self._trained.trainable_variables, self._weights)
