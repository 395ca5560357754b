"""The engine that trains by Keras's own `fit`, one call for each run of steps."""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.data.prepared import Part
from pipeline.training import variables as state
from pipeline.training.engine import Progress
from pipeline.training.fitted_model import Trainer, batch_of, columns, evaluation_batch, gathered
from pipeline.training.rows import size_of
from pipeline.training.schedule import Schedule


class KerasEngine(Trainer):
    """Plain `fit` on rows in the schedule's order.

    Args:
        network: an uncompiled `keras.Model`, sequential or functional.
        trained: the network with layers of training alone, which shares its weights; by default the network itself.
        in_memory_limit: bytes; of a larger training part each batch is read from disk. It changes no bit.
    """

    def __init__(
        self,
        network: Any,
        *,
        trained: Any = None,
        optimizer: Any,
        loss: Any,
        metrics: list[Any],
        train: Part,
        schedule: Schedule,
        in_memory_limit: int | None = None,
    ) -> None:
        super().__init__(
            network,
            trained or network,
            optimizer=optimizer,
            loss=loss,
            metrics=metrics,
            train=train,
        )
        self._schedule = schedule
        in_memory = in_memory_limit is None or size_of(train) <= in_memory_limit
        self._gather = _from_memory(train) if in_memory else _from_disk(train)
        self._evaluation_batch = evaluation_batch(loss, schedule.batch_size)
        self._compiled = False

    def run(self, start: int, stop: int, *, on_step: Callable[[int, Progress], None]) -> Progress:
        """Trains the steps `start` to `stop` of one epoch by one call of `fit`."""
        steps = _Steps(
            self._model, self._schedule, start, skip_first=not self._compiled, on_step=on_step
        )
        self._model.fit(
            _batches(self._schedule.indices(start, stop), self._schedule.batch_size, self._gather),
            epochs=1,
            steps_per_epoch=stop - start,
            shuffle=False,
            verbose=0,
            callbacks=[steps],
        )
        steps.put_back()
        self._compiled = True
        return steps.progress

    def evaluate(self, part: Part) -> dict[str, float]:
        """Loss and metrics over a whole split."""
        batches = _batches(
            np.arange(len(part), dtype=np.int32), self._evaluation_batch, _from_disk(part)
        )
        values = self._model.evaluate(batches, verbose=0, return_dict=True)
        return {name: float(value) for name, value in values.items()}


def _batches(rows: NDArray[np.int32], batch_size: int, gather: Callable[[Any], Any]) -> Any:
    return tf.data.Dataset.from_tensor_slices(rows).batch(batch_size).map(gather).prefetch(2)


def _from_memory(part: Part) -> Callable[[Any], Any]:
    arrays = tf.nest.map_structure(lambda array: tf.constant(np.asarray(array)), columns(part))
    return lambda rows: gathered(arrays, rows)


def _from_disk(part: Part) -> Callable[[Any], Any]:
    arrays = columns(part)
    flat = tf.nest.flatten(arrays)

    def read(rows: NDArray[np.int32]) -> list[NDArray[Any]]:
        return tf.nest.flatten(batch_of(part, rows))  # type: ignore[no-any-return]

    def gather(rows: Any) -> Any:
        tensors = tf.numpy_function(read, [rows], [array.dtype for array in flat])
        for tensor, array in zip(tensors, flat, strict=True):
            tensor.set_shape([None, *array.shape[1:]])
        return tf.nest.pack_sequence_as(arrays, tensors)

    return gather


class _Steps(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells each step of a `fit`, timed from the end of the first step where that one compiles."""

    def __init__(
        self,
        trainer: Any,
        schedule: Schedule,
        start: int,
        *,
        skip_first: bool,
        on_step: Callable[[int, Progress], None],
    ) -> None:
        super().__init__()
        self.progress = Progress({}, timed_examples=0, seconds=0.0)
        self._accumulated = state.values_of(trainer.metrics_variables)
        self._weights: list[NDArray[Any]] = []
        self._trainer, self._schedule, self._start, self._on_step = (
            trainer,
            schedule,
            start,
            on_step,
        )
        self._timed_from = start + 1 if skip_first else start
        self._began = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002 - Keras's signature
        """Undoes `fit`'s own reset of the metrics, so that their means go on."""
        state.assign(self._trainer.metrics_variables, self._accumulated)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """After each step."""
        step, now = self._start + batch + 1, time.perf_counter()
        if step <= self._timed_from:
            self._began = now
        means = {name: float(value) for name, value in (logs or {}).items()}
        timed = self._schedule.examples(self._timed_from, step) if step > self._timed_from else 0
        self.progress = Progress(means, timed_examples=timed, seconds=now - self._began)
        self._on_step(step, self.progress)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002 - Keras's signature
        """Notes the weights, which `fit` overwrites at its end where the optimizer averages them."""
        if self._trainer.optimizer.use_ema:
            self._weights = state.values_of(self._trainer.trainable_variables)

    def put_back(self) -> None:
        """Gives the weights back that `fit` overwrote."""
        if self._weights:
            state.assign(self._trainer.trainable_variables, self._weights)
