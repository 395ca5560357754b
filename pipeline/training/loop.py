"""The loop: runs the schedule's segments on an engine, evaluates between them, and decides when to stop."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.training import EarlyStopping
from pipeline.data.prepared import Part
from pipeline.errors import ConfigError, PipelineError
from pipeline.training.engine import Engine, Segment
from pipeline.training.history import Point
from pipeline.training.schedule import Schedule
from pipeline.training.stopping import Stopping


class Listener:
    """Hears what happens in a training; each method may be overridden."""

    def on_step(self, step: int, means: dict[str, float]) -> None:
        """After a step (or a slice of them): `means` over the running segment."""

    def on_point(self, point: Point) -> None:
        """After an evaluation."""

    def on_snapshot(self, step: int) -> None:
        """At a step of `evaluate_at`, while the network has that step's weights."""

    def on_end(self) -> None:
        """When training is over, also after a failure."""


@dataclass(frozen=True)
class Outcome:
    """A finished training: its history, and the point whose weights the network now has."""

    history: list[Point]
    kept: Point
    stopped_early: bool


@dataclass
class _EpochMeans:
    """Means over the segments of the running epoch, weighted by their examples."""

    examples: int = 0
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, segment: Segment) -> None:
        self.examples += segment.examples
        for name, value in segment.metrics.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * segment.examples

    def means(self) -> dict[str, float]:
        return {f"train/{name}": value / self.examples for name, value in self.sums.items()}


def train(
    engine: Engine,
    schedule: Schedule,
    *,
    validation: Part,
    early_stopping: EarlyStopping | None,
    listeners: list[Listener],
    clock: Callable[[], float] = time.perf_counter,
) -> Outcome:
    """Trains to the end of `schedule` or until early stopping, then restores the best weights where it watched.

    Raises:
        ConfigError: early stopping monitors a metric that is not there.
        PipelineError: the loss is no longer a finite number.
    """
    try:
        return _Training(engine, schedule, validation, early_stopping, listeners, clock).run()
    finally:
        for listener in listeners:
            listener.on_end()


class _Training:
    """The state of one training."""

    def __init__(
        self,
        engine: Engine,
        schedule: Schedule,
        validation: Part,
        early_stopping: EarlyStopping | None,
        listeners: list[Listener],
        clock: Callable[[], float],
    ) -> None:
        self.engine, self.schedule, self.validation, self.listeners = engine, schedule, validation, listeners
        self.stopping = Stopping(early_stopping) if early_stopping else None
        self.best_weights: list[Any] | None = None
        self.history: list[Point] = []
        self.epoch = _EpochMeans()
        self.timed_examples, self.training_seconds = 0, 0.0
        self.clock, self.began = clock, clock()

    def run(self) -> Outcome:
        if 0 in self.schedule.evaluate_at:
            self._evaluate(0)
        for start, stop in self.schedule.segments():
            self._run_segment(start, stop)
            self._evaluate(stop)
            if self.schedule.ends_epoch(stop) and self._should_stop(stop):
                break
        return self._finish()

    def _run_segment(self, start: int, stop: int) -> None:
        if start % self.schedule.steps_per_epoch == 0:
            self.epoch = _EpochMeans()
        segment = self.engine.run(start, stop, on_step=self._on_step)
        self.epoch.add(segment)
        self.timed_examples += segment.timed_examples
        self.training_seconds += segment.seconds

    def _on_step(self, step: int, means: dict[str, float]) -> None:
        for listener in self.listeners:
            listener.on_step(step, means)

    def _evaluate(self, step: int) -> None:
        validation = {f"validation/{name}": value for name, value in self.engine.evaluate(self.validation).items()}
        point = Point(
            step=step,
            epoch=step / self.schedule.steps_per_epoch,
            seconds=self.clock() - self.began,
            training_seconds=self.training_seconds,
            timed_examples=self.timed_examples,
            learning_rate=float(self.engine.optimizer.learning_rate),
            metrics=self.epoch.means() | validation,
        )
        self.history.append(point)
        for listener in self.listeners:
            listener.on_point(point)
            if step in self.schedule.evaluate_at:
                listener.on_snapshot(step)
        _require_finite(point)

    def _should_stop(self, step: int) -> bool:
        if self.stopping is None:
            return False
        value = _monitored(self.history[-1], self.stopping.rule.monitor)
        epoch = -(-step // self.schedule.steps_per_epoch)
        if self.stopping.see(value, epoch=epoch, step=step):
            self.best_weights = self.engine.network.get_weights()
        return self.stopping.exhausted

    def _finish(self) -> Outcome:
        last = self.history[-1]
        stopped_early = last.step < self.schedule.total
        if self.stopping is None or self.best_weights is None:
            return Outcome(self.history, last, stopped_early)
        self.engine.network.set_weights(self.best_weights)
        kept = next(point for point in self.history if point.step == self.stopping.best_step)
        return Outcome(self.history, kept, stopped_early)


def _monitored(point: Point, name: str) -> float:
    if name not in point.metrics:
        allowed = ", ".join(point.metrics)
        raise ConfigError(
            "training.early_stopping.monitor", "is no metric of this training", received=name, expected=f"Expected: {allowed}"
        )
    return point.metrics[name]


def _require_finite(point: Point) -> None:
    for name, value in point.metrics.items():
        if not math.isfinite(value):
            raise PipelineError(
                f"training diverged: {name} is no longer a number after step {point.step:,}",
                received=f"{name}={value}",
                expected="Try a smaller optimizer.learning_rate or optimizer.clipnorm",
            )
