"""The engine that trains by Keras's own `fit`, one call for each run of steps."""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pipeline.data.prepared import Part
from pipeline.training.engine import Segment
from pipeline.training.schedule import Schedule

_EVALUATION_BATCH = 1024


class KerasEngine:
    """Plain `fit` on rows in the schedule's order.

    Args:
        network: an uncompiled `keras.Model`.
        train: x and y, which are held in memory.
    """

    def __init__(self, network: Any, *, optimizer: Any, loss: Any, metrics: list[Any], train: Part, schedule: Schedule) -> None:
        self.network = network
        self.optimizer = optimizer
        self._schedule = schedule
        self._x, self._y = _tensors(train)
        self._compiled = False
        # A second model of the same layers is compiled, so that what is saved carries no loss or optimizer.
        self._trainer = keras.Model(network.inputs, network.outputs)
        self._trainer.compile(optimizer=optimizer, loss=loss, metrics=metrics, jit_compile=False)
        optimizer.build(network.trainable_variables)

    @property
    def variables(self) -> list[Any]:
        """Every variable that training changes: of the network and of the optimizer."""
        return [*self.network.variables, *self.optimizer.variables]

    def run(self, start: int, stop: int, *, on_step: Callable[[int, dict[str, float]], None]) -> Segment:
        """Trains the steps `start` to `stop` of one epoch by one call of `fit`."""
        rows = self._schedule.indices(start, stop)
        clock = _Clock(start, skip_first=not self._compiled, on_step=on_step)
        history = self._trainer.fit(
            self._batches(rows, self._schedule.batch_size),
            epochs=1,
            steps_per_epoch=stop - start,
            shuffle=False,
            verbose=0,
            callbacks=[clock],
        )
        self._compiled = True
        untimed = self._schedule.batch_size if clock.skipped else 0
        return Segment(
            metrics={name: float(values[-1]) for name, values in history.history.items()},
            examples=len(rows),
            timed_examples=max(len(rows) - untimed, 0),
            seconds=clock.seconds,
        )

    def evaluate(self, part: Part) -> dict[str, float]:
        """Loss and metrics over a whole split."""
        batches = tf.data.Dataset.from_tensor_slices(_tensors(part)).batch(_EVALUATION_BATCH)
        values = self._trainer.evaluate(batches, verbose=0, return_dict=True)
        return {name: float(value) for name, value in values.items()}

    def _batches(self, rows: Any, batch_size: int) -> Any:
        def gather(indices: Any) -> tuple[Any, Any]:
            return tf.gather(self._x, indices), tf.gather(self._y, indices)

        return tf.data.Dataset.from_tensor_slices(rows).batch(batch_size).map(gather).prefetch(2)


def _tensors(part: Part) -> tuple[Any, Any]:
    """Both arrays in memory, y of shape (rows, 1) as losses of one output want it."""
    return tf.constant(np.asarray(part.x)), tf.constant(np.asarray(part.y).reshape(len(part), 1))


class _Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Counts steps for the progress line and times them, from the end of the first step where that one compiles."""

    def __init__(self, start: int, *, skip_first: bool, on_step: Callable[[int, dict[str, float]], None]) -> None:
        super().__init__()
        self.seconds = 0.0
        self.skipped = skip_first
        self._start = start
        self._on_step = on_step
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """After each step."""
        now = time.perf_counter()
        if batch == 0 and self.skipped:
            self._began = now
        self.seconds = now - self._began
        self._on_step(self._start + batch + 1, logs or {})
