"""The engine that runs an epoch, or a slice of it, as one compiled program over data that lie in memory.

Each batch is gathered by row number inside the program, so that no step comes back to Python. A program is called for
about a second at a time: the progress line moves and a signal is answered. Slicing changes no bit.
"""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pipeline.data.prepared import Part
from pipeline.training.engine import Segment
from pipeline.training.random_layers import with_stand_ins
from pipeline.training.schedule import Schedule

_EVALUATION_BATCH = 1024
_SLICE_SECONDS = 1.0
_FIRST_SLICE = 32


class CompiledEngine:
    """Compiled steps in the schedule's order.

    Args:
        network: an uncompiled `keras.Model`; what it is trained by are its own variables.
        xla: compiles by XLA; otherwise the program is a TensorFlow graph, which convolves faster on a CPU.
    """

    def __init__(
        self,
        network: Any,
        *,
        optimizer: Any,
        loss: Any,
        metrics: list[Any],
        train: Part,
        schedule: Schedule,
        xla: bool,
    ) -> None:
        self.network = network
        self.optimizer = optimizer
        self._schedule = schedule
        self._loss = loss
        self._trained = with_stand_ins(network, seed=schedule.seed, xla=xla)
        self._metrics = {"loss": keras.metrics.Mean(name="loss"), **{metric.name: metric for metric in metrics}}
        self._x, self._y = tf.constant(np.asarray(train.x)), tf.constant(_column(train.y))
        self._xla = xla
        self._programs: dict[int, Any] = {}
        self._measure = tf.function(self._measure_batch, jit_compile=xla)
        self._steps_in_slice = _FIRST_SLICE
        optimizer.build(network.trainable_variables)
        self._build_metrics()

    @property
    def variables(self) -> list[Any]:
        """Every variable that training changes: of the network, its stand-ins and the optimizer."""
        return [*self._trained.variables, *self.optimizer.variables]

    def run(self, start: int, stop: int, *, on_step: Callable[[int, dict[str, float]], None]) -> Segment:
        """Trains the steps `start` to `stop` of one epoch, slice by slice."""
        self._reset()
        schedule, batch = self._schedule, self._schedule.batch_size
        order = tf.constant(schedule.order(start // schedule.steps_per_epoch))
        first_row = schedule.first_row(start)
        examples = min((stop - start) * batch, schedule.rows - first_row)
        whole, rest = divmod(examples, batch)
        seconds, done = 0.0, 0
        while done < whole:
            steps = min(self._steps_in_slice, whole - done)
            took = self._call(batch, order, first_row + done * batch, steps)
            self._steps_in_slice = max(1, int(steps * _SLICE_SECONDS / took))
            seconds, done = seconds + took, done + steps
            on_step(start + done, self._means())
        if rest:
            seconds += self._call(rest, order, first_row + whole * batch, 1)
            on_step(stop, self._means())
        return Segment(metrics=self._means(), examples=examples, timed_examples=examples, seconds=seconds)

    def evaluate(self, part: Part) -> dict[str, float]:
        """Loss and metrics over a whole split, a block of rows at a time."""
        self._reset()
        for first in range(0, len(part), _EVALUATION_BATCH):
            block = slice(first, first + _EVALUATION_BATCH)
            self._measure(tf.constant(np.asarray(part.x[block])), tf.constant(_column(part.y[block])))
        return self._means()

    def _call(self, batch: int, order: Any, first_row: int, steps: int) -> float:
        """Runs `steps` batches of the rows `order[first_row:]`; the seconds it took, without compilation."""
        if batch not in self._programs:
            self._programs[batch] = self._program(batch)
            self._programs[batch](order, self._x, self._y, tf.constant(0), tf.constant(0))  # no step: compiles alone
        began = time.perf_counter()
        self._programs[batch](order, self._x, self._y, tf.constant(first_row), tf.constant(steps))
        self._metrics["loss"].result().numpy()  # waits for the program to end
        return time.perf_counter() - began

    def _program(self, batch: int) -> Any:
        @tf.function(jit_compile=self._xla)  # type: ignore[untyped-decorator]
        def program(order: Any, x: Any, y: Any, first_row: Any, steps: Any) -> None:
            step = tf.constant(0)
            while step < steps:  # not tf.range: XLA would compile anew for each number of steps
                rows = tf.slice(order, [first_row + step * batch], [batch])
                self._train_batch(tf.gather(x, rows), tf.gather(y, rows))
                step += 1

        return program

    def _train_batch(self, x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            outputs = self._trained(x, training=True)
            loss = self._total(self._trained, y, outputs)
        weights = self._trained.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        self._watch(loss, y, outputs)

    def _measure_batch(self, x: Any, y: Any) -> None:
        outputs = self.network(x, training=False)
        self._watch(self._total(self.network, y, outputs), y, outputs)

    def _total(self, model: Any, y: Any, outputs: Any) -> Any:
        """The loss and the penalties of the layers of the model that was called."""
        return tf.add_n([self._loss(y, outputs), *model.losses])

    def _watch(self, loss: Any, y: Any, outputs: Any) -> None:
        for name, metric in self._metrics.items():
            if name == "loss":
                metric.update_state(loss, sample_weight=tf.cast(tf.shape(y)[0], "float32"))
            else:
                metric.update_state(y, outputs)

    def _build_metrics(self) -> None:
        """Variables of metrics must exist before a program is traced."""
        y = self._y[:1]
        self._watch(tf.zeros(()), y, self.network(self._x[:1], training=False))
        self._reset()

    def _reset(self) -> None:
        for metric in self._metrics.values():
            metric.reset_state()

    def _means(self) -> dict[str, float]:
        return {name: float(metric.result()) for name, metric in self._metrics.items()}


def _column(y: Any) -> Any:
    """y of shape (rows, 1), as losses of one output want it."""
    return np.asarray(y).reshape(len(y), 1)
