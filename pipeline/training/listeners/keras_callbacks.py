"""Keras's own callbacks, heard by the loop: epochs and batches are told as `fit` tells them, batches slice by slice."""

from collections.abc import Sequence
from typing import Any

import keras

from pipeline.runs.history import Point
from pipeline.training.fitted_model import model_of
from pipeline.training.loop import Listener
from pipeline.training.schedule import Schedule


class KerasCallbacks(Listener):
    """Calls `keras.callbacks.Callback` objects.

    Their `model` is a compiled one of the network's own layers, with its weights and the optimizer, so that they can
    read and change both. `stops` is true when one of them has set its `stop_training`. What callbacks remember is not
    kept by a checkpoint.
    """

    def __init__(
        self, callbacks: Sequence[Any], network: Any, optimizer: Any, schedule: Schedule
    ) -> None:
        self._model = model_of(network)
        self._model.compile(optimizer=optimizer)
        self._callbacks = keras.callbacks.CallbackList(
            list(callbacks),
            model=self._model,
            epochs=-(-schedule.total // schedule.steps_per_epoch),
            steps=schedule.steps_per_epoch,
        )
        self._schedule = schedule
        self._epoch: int | None = None  # the one that has begun
        self._step = 0
        self._logs: dict[str, float] = {}

    @property
    def stops(self) -> bool:
        """Whether a callback asked for the end of training."""
        return bool(self._model.stop_training)

    def on_begin(self, history: Sequence[Point]) -> None:  # noqa: ARG002 - of Listener
        """`on_train_begin`."""
        self._callbacks.on_train_begin()

    def on_segment(self, start: int) -> None:
        """`on_epoch_begin` before the first step of an epoch, and before the first step of a process inside one."""
        self._step = start
        epoch = start // self._schedule.steps_per_epoch
        if epoch != self._epoch:
            self._epoch = epoch
            self._callbacks.on_epoch_begin(epoch)

    def on_step(self, step: int, means: dict[str, float]) -> None:
        """`on_train_batch_begin` and `on_train_batch_end` for a slice, both after it."""
        first = self._step % self._schedule.steps_per_epoch
        self._callbacks.on_train_batch_begin(first)
        self._callbacks.on_train_batch_end(first + step - self._step - 1, dict(means))
        self._step = step

    def on_point(self, point: Point) -> None:
        """`on_epoch_end` at the end of an epoch, with `loss`, `val_loss` and the like."""
        if self._schedule.ends_epoch(point.step):
            self._logs = logs_of(point)
            self._callbacks.on_epoch_end(
                -(-point.step // self._schedule.steps_per_epoch) - 1, dict(self._logs)
            )

    def on_end(self) -> None:
        """`on_train_end`, with what the last epoch reached."""
        self._callbacks.on_train_end(dict(self._logs))


def logs_of(point: Point) -> dict[str, float]:
    """The metrics of a point by Keras's names: `train/loss` is `loss`, `validation/loss` is `val_loss`."""
    return {
        name.removeprefix("train/").replace("validation/", "val_"): value
        for name, value in point.metrics.items()
    }
