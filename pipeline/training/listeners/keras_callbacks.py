"""Calls Keras callbacks as `fit` does, with slices in place of batches."""

from collections.abc import Sequence
from typing import Any

import keras

from pipeline.runs.history import Point
from pipeline.training.fitted_model import model_of
from pipeline.training.listener import Listener
from pipeline.training.schedule import Schedule


class KerasCallbacks(Listener):
    """Calls `keras.callbacks.Callback` objects.

    Their `model` shares its layers, weights and optimizer with the training, so that they can read
    and change them. A checkpoint does not hold what callbacks remember.
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
        self._epoch: int | None = None
        self._step = 0
        self._logs: dict[str, float] = {}

    @property
    def stops(self) -> bool:
        """Whether a callback has set `stop_training`."""
        return bool(self._model.stop_training)

    def on_begin(self, history: Sequence[Point]) -> None:  # noqa: ARG002 - of Listener
        """Calls `on_train_begin`."""
        self._callbacks.on_train_begin()

    def on_segment(self, start: int) -> None:
        """Calls `on_epoch_begin` before this process's first step of an epoch."""
        self._step = start
        epoch = start // self._schedule.steps_per_epoch
        if epoch != self._epoch:
            self._epoch = epoch
            self._callbacks.on_epoch_begin(epoch)

    def on_step(self, step: int, means: dict[str, float]) -> None:
        """Calls `on_train_batch_begin` and `on_train_batch_end`, both after the slice."""
        first = self._step % self._schedule.steps_per_epoch
        self._callbacks.on_train_batch_begin(first)
        self._callbacks.on_train_batch_end(first + step - self._step - 1, dict(means))
        self._step = step

    def on_point(self, point: Point) -> None:
        """Calls `on_epoch_end` at the end of an epoch, with `loss`, `val_loss` and so on."""
        if self._schedule.ends_epoch(point.step):
            self._logs = logs_of(point)
            self._callbacks.on_epoch_end(
                -(-point.step // self._schedule.steps_per_epoch) - 1, dict(self._logs)
            )

    def on_end(self) -> None:
        """Calls `on_train_end` with the metrics of the last epoch."""
        self._callbacks.on_train_end(dict(self._logs))


def logs_of(point: Point) -> dict[str, float]:
    """Names metrics as Keras does, such as `val_loss` for `validation/loss`.

    Keras's `loss` is the running mean over the epoch. The other metrics of the training rows are
    measured at the end of the epoch.
    """
    logs = {}
    for name, value in point.metrics.items():
        split, _, metric = name.partition("/")
        if split == "validation":
            logs[f"val_{metric}"] = value
        elif split == "running" or metric != "loss":
            logs[metric] = value
    return logs
