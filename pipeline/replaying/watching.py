"""An engine that stops before some steps, so that a replay can look at them."""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Split
from pipeline.training.engine import Engine, Reading


class FaultFound(Exception):  # noqa: N818 - it ends a search, and is not an error
    """A step ended with a loss or a variable that is not finite.

    Args:
        step: counted from 1. The engine has the state before it.
    """

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.step = step


class WatchedEngine:
    """Runs the steps of another engine with the same bits, and looks in between.

    Args:
        watch: is called with each of `steps` before it is trained.
        find_fault: raises `FaultFound` at the first step with a value that is not finite.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        steps: Collection[int],
        watch: Callable[[int], None],
        find_fault: bool = False,
    ) -> None:
        self._engine, self._watch, self._find_fault = engine, watch, find_fault
        self._steps = np.unique(np.asarray(list(steps), np.int64))
        self.task, self.model = engine.task, engine.model
        self.network, self.optimizer = engine.network, engine.optimizer

    @property
    def variables(self) -> list[Any]:
        return self._engine.variables

    def get_state(self) -> list[NDArray[Any]]:
        return self._engine.get_state()

    def set_state(self, values: list[NDArray[Any]]) -> None:
        self._engine.set_state(values)

    def averaged(self) -> AbstractContextManager[None]:
        return self._engine.averaged()

    def reset(self) -> None:
        self._engine.reset()

    def predict(self, split: Split) -> NDArray[np.float32]:
        return self._engine.predict(split)

    def rest(self) -> None:
        self._engine.rest()

    def run(self, start: int, stop: int, *, on_step: Callable[[int, Reading], None]) -> Reading:
        """Trains the steps `start` to `stop`, and pauses before each step to look at."""
        watched = self._steps[(self._steps > start) & (self._steps <= stop)]
        before = {int(step) - 1 for step in watched}
        reading, position = Reading({}, timed_examples=0, seconds=0.0), start
        for end in sorted({*before, stop}):
            if end > position:
                reading, position = self._part(position, end, on_step), end
            if end in before:
                self._watch(end + 1)
        return reading

    def _part(self, start: int, stop: int, on_step: Callable[[int, Reading], None]) -> Reading:
        if not self._find_fault:
            return self._engine.run(start, stop, on_step=on_step)
        state = self.get_state()
        reading = self._engine.run(start, stop, on_step=on_step)
        if not self._finite(reading):
            self.set_state(state)
            self._search(start, stop)
        return reading

    def _search(self, start: int, stop: int) -> None:
        for step in range(start, stop):
            state = self.get_state()
            if not self._finite(self._engine.run(step, step + 1, on_step=lambda *_: None)):
                self.set_state(state)
                raise FaultFound(step + 1)

    def _finite(self, reading: Reading) -> bool:
        losses = reading.metrics.values()
        return bool(np.isfinite(list(losses)).all()) and not not_finite(self.variables)


def not_finite(variables: Iterable[Any]) -> list[str]:
    """The paths of the variables with a value that is not finite."""
    floats = (variable for variable in variables if keras.backend.is_float_dtype(variable.dtype))
    return [
        variable.path
        for variable in floats
        if not np.isfinite(np.asarray(variable, np.float32)).all()
    ]
