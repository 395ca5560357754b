"""The engine that runs an epoch, or a slice of it, as one compiled program over data that lie in memory.

Each batch is gathered by row number inside the program, so that no step comes back to Python; what a step does is
Keras's own `train_step`. A program is called for about half a second at a time: the progress line moves and a signal is
answered. Slicing changes no bit.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.data.prepared import Part
from pipeline.training.engine import Progress
from pipeline.training.fitted_model import Trainer, batch_of, evaluation_batch, gathered
from pipeline.training.random_layers import with_stand_ins
from pipeline.training.rows import rows_of
from pipeline.training.schedule import Schedule

_SLICE_SECONDS = 0.5
_FIRST_SLICE = 32


class CompiledEngine(Trainer):
    """Compiled steps in the schedule's order.

    Args:
        network: an uncompiled `keras.Model`, sequential or functional; what is trained are its own variables.
        trained: the network with layers of training alone, which shares its weights; by default the network itself.
        xla: compiles by XLA; otherwise the program is a TensorFlow graph, which convolves faster on a CPU.
        in_memory_limit: bytes; a larger training part is read a block at a time. It changes no bit.
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
        xla: bool,
        in_memory_limit: int | None = None,
    ) -> None:
        trained = trained or network
        trained = with_stand_ins(trained, seed=schedule.seed) if xla else trained
        super().__init__(
            network, trained, optimizer=optimizer, loss=loss, metrics=metrics, train=train
        )
        self._schedule = schedule
        self._rows = rows_of(train, schedule.batch_size, limit=in_memory_limit)
        self._evaluation_batch = evaluation_batch(loss, schedule.batch_size)
        self._xla = xla
        self._programs: dict[int, Any] = {}
        self._train_batch = tf.autograph.experimental.do_not_convert(self._model.train_step)
        self._measure_batch = tf.function(self._model.test_step, jit_compile=xla, autograph=False)
        self._steps_in_slice = _FIRST_SLICE

    def run(self, start: int, stop: int, *, on_step: Callable[[int, Progress], None]) -> Progress:
        """Trains the steps `start` to `stop` of one epoch, slice by slice."""
        schedule, batch = self._schedule, self._schedule.batch_size
        order = schedule.order(start // schedule.steps_per_epoch)
        first_row = schedule.first_row(start)
        whole, rest = divmod(schedule.examples(start, stop), batch)
        seconds, done = 0.0, 0
        while done < whole:
            steps = min(self._steps_in_slice, self._rows.most, whole - done)
            took = self._call(batch, order, first_row + done * batch, steps)
            self._steps_in_slice = max(1, int(steps * _SLICE_SECONDS / took))
            seconds, done = seconds + took, done + steps
            progress = Progress(self._means(), timed_examples=done * batch, seconds=seconds)
            on_step(start + done, progress)
        if rest:
            seconds += self._call(rest, order, first_row + whole * batch, 1)
            progress = Progress(self._means(), timed_examples=whole * batch + rest, seconds=seconds)
            on_step(stop, progress)
        return progress

    def evaluate(self, part: Part) -> dict[str, float]:
        """Loss and metrics over a whole split, a block of rows at a time."""
        self.reset()
        for first in range(0, len(part), self._evaluation_batch):
            batch = batch_of(part, slice(first, first + self._evaluation_batch))
            self._measure_batch(tf.nest.map_structure(tf.constant, batch))
        return self._means()

    def _call(self, batch: int, order: NDArray[np.int32], first_row: int, steps: int) -> float:
        """Runs `steps` batches of the rows `order[first_row:]`; the seconds it took, without compilation."""
        if batch not in self._programs:
            self._programs[batch] = self._program(batch)
            self._run_program(batch, order, 0, 0)  # no step: compiles alone
        began = time.perf_counter()
        self._run_program(batch, order, first_row, steps)
        self._model.metrics_variables[0].numpy()  # waits for the program to end
        return time.perf_counter() - began

    def _run_program(
        self, batch: int, order: NDArray[np.int32], first_row: int, steps: int
    ) -> None:
        rows, arrays, first = self._rows.take(order, first_row, steps * batch)
        self._programs[batch](rows, arrays, tf.constant(first), tf.constant(steps))

    def _program(self, batch: int) -> Any:
        @tf.function(jit_compile=self._xla)  # type: ignore[untyped-decorator]
        def program(order: Any, arrays: Any, first_row: Any, steps: Any) -> None:
            # Neither tf.range nor a slice at `first_row + step * batch`: XLA would compile anew for each of their values.
            row, end = first_row, first_row + steps * batch
            while row < end:
                self._train_batch(gathered(arrays, tf.slice(order, [row], [batch])))
                row += batch

        return program
