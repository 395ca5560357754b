"""The engine that runs an epoch, or a slice of it, as one compiled program.

The program gathers each batch by row numbers, so no step returns to Python. A step is Keras's own
`train_step`. A program runs for about half a second at a time, so that the progress display moves
and signals are answered. Slicing does not change the bits of the result.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.config.training import Training
from pipeline.training import idle_engines
from pipeline.training.engine import Reading, TrainingTask
from pipeline.training.fitted_model import FittedModel, gathered
from pipeline.training.random_layers import with_stand_ins
from pipeline.training.rows import memory_limit, rows_of

_SLICE_SECONDS = 0.5
_FIRST_SLICE = 32


def build(task: TrainingTask, training: Training) -> "CompiledEngine":
    """Builds the engine of a task, or restarts an idle one that has compiled its program."""
    limit = memory_limit(training)
    engine: CompiledEngine | None = idle_engines.take(task.program)
    if engine is None:
        return CompiledEngine(task, xla=bool(training.xla), in_memory_limit=limit)
    engine.begin(task, in_memory_limit=limit)
    return engine


class CompiledEngine(FittedModel):
    """Compiled steps in the order of the schedule.

    Args:
        xla: compiles with XLA. Otherwise the program is a TensorFlow graph. On a CPU, a graph
            convolves faster.
        in_memory_limit: bytes. A larger training split is read a block at a time; the bits of the
            result are the same.
    """

    def __init__(
        self, task: TrainingTask, *, xla: bool, in_memory_limit: int | None = None
    ) -> None:
        self._xla = xla
        super().__init__(task, trained=self._with_stand_ins(task))
        self._take_rows(task, in_memory_limit)
        self._programs: dict[int, Any] = {}
        self._steps_in_slice = _FIRST_SLICE

    def begin(self, task: TrainingTask, *, in_memory_limit: int | None = None) -> None:
        """Begins another task of the same program; the bits are those of a new engine."""
        self.restart(task, trained=self._with_stand_ins(task))
        self._take_rows(task, in_memory_limit)

    def rest(self) -> None:
        """Releases the rows, and keeps the engine for a later task of the same program."""
        del self._rows
        size = sum(math.prod(one.shape) * tf.as_dtype(one.dtype).size for one in self.variables)
        idle_engines.keep(self.task.program, self, size=size)

    def _with_stand_ins(self, task: TrainingTask) -> Any:
        return with_stand_ins(task.trained, seed=task.schedule.seed) if self._xla else task.trained

    def _take_rows(self, task: TrainingTask, in_memory_limit: int | None) -> None:
        self._schedule = task.schedule
        self._rows = rows_of(task.train, task.schedule.batch_size, limit=in_memory_limit)

    def run(self, start: int, stop: int, *, on_step: Callable[[int, Reading], None]) -> Reading:
        """Trains the steps `start` to `stop` of one epoch, slice by slice."""
        schedule, batch = self._schedule, self._schedule.batch_size
        order = schedule.order(start // schedule.steps_per_epoch)
        first_row = schedule.first_row(start)
        whole, rest = divmod(schedule.row_count(start, stop), batch)
        seconds, done = 0.0, 0
        while done < whole:
            steps = min(self._steps_in_slice, self._rows.max_batches, whole - done)
            duration = self._call(batch, order, first_row + done * batch, steps)
            self._steps_in_slice = max(1, int(steps * _SLICE_SECONDS / duration))
            seconds, done = seconds + duration, done + steps
            progress = Reading(self._means(), timed_examples=done * batch, seconds=seconds)
            on_step(start + done, progress)
        if rest:
            seconds += self._call(rest, order, first_row + whole * batch, 1)
            progress = Reading(self._means(), timed_examples=whole * batch + rest, seconds=seconds)
            on_step(stop, progress)
        return progress

    def _call(self, batch: int, order: NDArray[np.int32], first_row: int, steps: int) -> float:
        """Runs `steps` batches of the rows `order[first_row:]`.

        Returns:
            The seconds without compilation.
        """
        if batch not in self._programs:
            self._programs[batch] = self._program(batch)
            self._run_program(batch, order, 0, 0)  # without a step, this only compiles
        began = time.perf_counter()
        self._run_program(batch, order, first_row, steps)
        self.model.metrics_variables[0].numpy()  # waits until the program ends
        return time.perf_counter() - began

    def _run_program(
        self, batch: int, order: NDArray[np.int32], first_row: int, steps: int
    ) -> None:
        rows, arrays, first = self._rows.take(order, first_row, steps * batch)
        self._programs[batch](rows, arrays, tf.constant(first), tf.constant(steps))

    def _program(self, batch: int) -> Any:
        # AutoGraph would make the same graph of a Python loop, in 0.06 seconds more.
        @tf.function(jit_compile=self._xla, autograph=False)  # type: ignore[untyped-decorator]
        def program(order: Any, arrays: Any, first_row: Any, steps: Any) -> None:
            def train_batch(row: Any) -> Any:
                self.model.train_step(gathered(arrays, tf.slice(order, [row], [batch])))
                return row + batch

            # With tf.range, or a slice that starts at `first_row + step * batch`, XLA would compile
            # again for each value of `first_row` and `steps`.
            end = first_row + steps * batch
            tf.while_loop(lambda row: row < end, train_batch, [first_row])

        return program
